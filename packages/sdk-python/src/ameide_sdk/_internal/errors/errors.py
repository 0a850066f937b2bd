"""The only error class of the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from connectrpc.request import Headers
from protobuf.wkt import Any as AnyMessage

from ameide_sdk._internal.errors.bounded_text import printable, redact, summary, truncate
from ameide_sdk._internal.errors.causes import cause_of
from ameide_sdk._internal.errors.details import (
    DetailReading,
    ErrorBounds,
    FieldViolation,
    PreconditionViolation,
    Promoted,
    QuotaViolation,
    promote,
)
from ameide_sdk._internal.errors.printed_entries import (
    printed_details,
    printed_list,
    printed_map,
)
from ameide_sdk._internal.errors.thrown import connect_error_of
from ameide_sdk._internal.policy.failure import Origin, Sent
from ameide_sdk._internal.policy.policy import BEHAVIOR_1
from ameide_sdk._internal.policy.retry import RetryClass, StopReason

NOTHING_SENT = "before anything was sent"
"""Where a call stood that ends before its first attempt."""


class _Pairs(Protocol):
    def items(self) -> Iterable[tuple[str, str]]: ...


AnswerHeaders: TypeAlias = Headers | _Pairs
"""Headers of Connect, or of the HTTP client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailure:
    """Failed attempt of a call.

    Attributes:
        code: Code in Connect's spelling: `unavailable`.
        class_: Class of the failure, for deciding about a retry.
        sent: Whether the server may have read the request.
        message: Message of the failure, cut after 256 bytes, with `REDACTED` in place of
            credentials and keys.
        duration_ms: Time from the start of the attempt to its failure, in milliseconds.
        delay_ms: Wait after it, in milliseconds; 0 if none followed.
        transparent: True if a transparent retry followed, so that the attempt does not count. Of
            consecutive ones, while a call waits for a server, only the last is listed.
    """

    code: str
    class_: RetryClass
    sent: Sent
    message: str
    duration_ms: float
    delay_ms: float = 0
    transparent: bool = False

    def to_json(self) -> dict[str, Any]:
        """Returns plain data for logs."""
        return {
            "code": self.code,
            "class": self.class_,
            "sent": self.sent,
            "message": self.message,
            "durationMs": self.duration_ms,
            "delayMs": self.delay_ms,
            "transparent": self.transparent,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFacts:
    """Facts that an SDK knows about a failed call: members of the error, and how to read it.

    Attributes:
        bounds: Bounds on how much of a server's words is kept and printed.
        secrets: Credentials that were sent, to be removed from the server's texts. They are not
            kept.
        metadata: Headers and trailers of the answer; None if there was none.
        where: What a canceled call was waiting for, in words.
    """

    origin: Origin
    method: str | None = None
    reason: str | None = None
    request_id: str | None = None
    server_request_id: str | None = None
    http_status: int | None = None
    attempts: tuple[AttemptFailure, ...] = ()
    stop_reason: StopReason | None = None
    explanation: str | None = None
    retryable: bool = False
    committed: bool = False
    retry_after_ms: float | None = None
    bounds: ErrorBounds = BEHAVIOR_1
    secrets: tuple[str, ...] = field(default=(), repr=False)
    metadata: AnswerHeaders | None = field(default=None, repr=False)
    where: str | None = None


class AmeideError(ConnectError):
    """The only error class of the SDK: a `ConnectError` with more facts.

    The standard details of `google.rpc` (AIP-193) are promoted to attributes, within bounds;
    `details` keeps all of them, including unknown ones. Its text, its traceback and its JSON form
    hold no headers, tokens, bodies or query strings, no control characters, and at most a few
    kilobytes, whatever a server says; `message` and the promoted attributes are as the server wrote
    them. It can be pickled and copied, without its cause.

    Attributes:
        method: Full name of the method: `acme.v1.Billing/Charge`; None outside of a call.
        origin: Source of the failure: the server, the connection (`transport`), or this process
            (`client`).
        reason: Machine-readable reason (`google.rpc.ErrorInfo.reason`, or one of the SDK's).
        domain: `google.rpc.ErrorInfo.domain`.
        reason_metadata: `google.rpc.ErrorInfo.metadata`.
        field_violations: Violated fields of the request (`google.rpc.BadRequest`).
        quota_violations: Violated quotas (`google.rpc.QuotaFailure`).
        precondition_violations: Violated preconditions (`google.rpc.PreconditionFailure`).
        retry_after_ms: Time after which the server wants to be asked again, in milliseconds.
        request_id: Id that was sent with every attempt, as `x-request-id` by default.
        server_request_id: The server's own id for the request, if it differs from the one sent.
        http_status: Status of the last response, if there was one.
        attempts: Failed attempts, in order; empty if none was made.
        stop_reason: Reason for which the call was not tried again.
        explanation: Fact that decided, in words.
        retryable: True if trying again later may help.
        committed: True if messages of a stream had reached the application.
        metadata: Headers and trailers of the answer; empty if there was none.
        cause: Exception behind the error, if there is one. It is not `__cause__`, since a traceback
            would print its text, which may hold an address with its query string.
    """

    method: str | None
    origin: Origin
    reason: str | None
    domain: str | None
    reason_metadata: Mapping[str, str]
    field_violations: Sequence[FieldViolation]
    quota_violations: Sequence[QuotaViolation]
    precondition_violations: Sequence[PreconditionViolation]
    retry_after_ms: float | None
    request_id: str | None
    server_request_id: str | None
    http_status: int | None
    attempts: Sequence[AttemptFailure]
    stop_reason: StopReason | None
    explanation: str | None
    retryable: bool
    committed: bool
    metadata: Headers
    cause: BaseException | None
    _promoted: Promoted
    _printed_details: list[str]
    _bounds: ErrorBounds
    _where: str | None

    def __init__(self, source: ConnectError, facts: ErrorFacts, code: Code | None = None) -> None:
        """Makes an error of another.

        Args:
            source: Error that it is made from; its details and headers are kept.
            facts: Facts that the SDK adds.
            code: Code of the error. Default: the source's.
        """
        bounds, secrets = facts.bounds, facts.secrets
        message = truncate(redact(source.message, secrets), bounds.max_message_bytes)
        super().__init__(source.code if code is None else code, message, source.details)
        found = promote(source, DetailReading(bounds, secrets))
        self._promoted = found
        self._printed_details = printed_details(source.details, bounds, secrets)
        self._bounds = bounds
        self._where = facts.where
        self.method = facts.method
        self.origin = facts.origin
        self.reason = facts.reason or found.reason
        self.domain = found.domain
        self.reason_metadata = dict(found.metadata.first)
        self.field_violations = found.fields.first
        self.quota_violations = found.quotas.first
        self.precondition_violations = found.preconditions.first
        self.retry_after_ms = facts.retry_after_ms
        self.request_id = facts.request_id
        named = found.server_request_id or facts.server_request_id
        named = named and truncate(redact(named, secrets), bounds.max_message_bytes)
        self.server_request_id = None if named == facts.request_id else named
        self.http_status = facts.http_status
        self.attempts = facts.attempts
        self.stop_reason = facts.stop_reason
        self.explanation = facts.explanation
        self.retryable = facts.retryable
        self.committed = facts.committed
        given = getattr(source, "metadata", None) if facts.metadata is None else facts.metadata
        self.metadata = Headers() if given is None else Headers(_pairs_of(given))
        self.cause = cause_of(source) or (None if source.code == self.code else source)

    @classmethod
    def from_exception(cls, thrown: BaseException, code: Code | None = None) -> AmeideError:
        """Turns any exception into an `AmeideError`.

        An `AmeideError` is returned as it is. The `CancelledError` that a canceled call raises has
        one, with its attempts; the `TimeoutError` that `asyncio.timeout` makes of it, too, with the
        code `deadline_exceeded`. Any other exception gets origin `client`.

        Args:
            thrown: Any exception.
            code: Code for exceptions other than a `ConnectError`. Default: `CANCELED` for a
                canceled task, `DEADLINE_EXCEEDED` for a `TimeoutError`, otherwise `UNKNOWN`.
        """
        if isinstance(thrown, AmeideError):
            return thrown
        canceled = thrown.__cause__ if isinstance(thrown, TimeoutError) else thrown
        if not isinstance(canceled, asyncio.CancelledError):
            return cls(connect_error_of(thrown, code), ErrorFacts(origin="client"))
        known = canceled.__cause__
        if not isinstance(known, AmeideError):
            # The task ended before the call had begun.
            facts = ErrorFacts(origin="client", stop_reason="canceled", where=NOTHING_SENT)
            known = cls(connect_error_of(canceled, code), facts)
        return known if canceled is thrown else known.timed_out()

    def with_call(self, facts: ErrorFacts) -> AmeideError:
        """Returns the same error with what is known of the call in which it was raised.

        Args:
            facts: Method, ids, attempts and whether messages had reached the application; its other
                members are not used.
        """
        return _changed(
            self,
            method=facts.method,
            request_id=facts.request_id,
            attempts=facts.attempts,
            committed=facts.committed,
        )

    def timed_out(self) -> AmeideError:
        """Returns the error of a call that was canceled because a timeout of the caller's was over.

        Nothing knows so when the task is canceled.
        """
        code = Code.DEADLINE_EXCEEDED
        message = f"the deadline expired (the caller's signal): {self._where or NOTHING_SENT}"
        attempts = tuple(
            replace(attempt, code=code.value) if attempt.code == Code.CANCELED.value else attempt
            for attempt in self.attempts
        )
        return _changed(
            self,
            _code=code,
            _message=message,
            stop_reason="deadline",
            explanation="not retried: no time is left before the deadline",
            attempts=attempts,
        )

    def __str__(self) -> str:
        """Returns one line: code, message, and why the call was not tried again."""
        why = f" ({printable(self.explanation)})" if self.explanation else ""
        message = f": {printable(self.message)}" if self.message else ""
        return f"{self.code.value}{message}{why}"

    def __repr__(self) -> str:
        """Returns the same, with the name of the class."""
        return f"AmeideError({str(self)!r})"

    def to_json(self) -> dict[str, Any]:
        """Returns plain data for logs, with the same members in every SDK.

        It has every field of the SDK, no headers, and types and sizes of raw details. Lists are cut
        to their first entries, with the number of the others. What is not known is left out.
        """
        bounds, found = self._bounds, self._promoted

        def cut(text: str | None) -> str | None:
            return text and summary(text, bounds.max_printed_text_bytes)

        members = {
            "name": "AmeideError",
            "code": self.code.value,
            "message": printable(self.message),
            "method": self.method,
            "origin": self.origin,
            "reason": cut(self.reason),
            "domain": cut(self.domain),
            "reasonMetadata": printed_map(found.metadata, bounds),
            "fieldViolations": printed_list(found.fields, bounds),
            "quotaViolations": printed_list(found.quotas, bounds),
            "preconditionViolations": printed_list(found.preconditions, bounds),
            "details": self._printed_details,
            "retryAfterMs": self.retry_after_ms,
            "requestId": self.request_id,
            "serverRequestId": cut(self.server_request_id),
            "httpStatus": self.http_status,
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "stopReason": self.stop_reason,
            "explanation": self.explanation,
            "retryable": self.retryable,
            "committed": self.committed,
        }
        return {name: member for name, member in members.items() if member is not None}

    def __reduce__(self) -> tuple[Any, ...]:
        """Returns what a copy is made of."""
        state = {name: member for name, member in vars(self).items() if name not in _NOT_COPIED}
        details = [(detail.type_name, detail.message_bytes) for detail in self.details]
        pairs = list(self.metadata.allitems())
        return _copied, (self.code.value, self.message, details, pairs, state)


# The module from which the class is imported, as tracebacks name it.
AmeideError.__module__ = "ameide_sdk"

# Members of ConnectError, which are made of its arguments; and what may not be copied.
_NOT_COPIED = ("_code", "_message", "_details", "metadata", "cause")


def _copied(
    code: str,
    message: str,
    details: list[tuple[str, bytes]],
    metadata: list[tuple[str, str]],
    state: dict[str, Any],
) -> AmeideError:
    copy = AmeideError.__new__(AmeideError)
    raw = [
        ErrorDetail(AnyMessage(type_url=f"type.googleapis.com/{name}", value=value))
        for name, value in details
    ]
    ConnectError.__init__(copy, Code(code), message, raw)
    copy.metadata = Headers(metadata)
    copy.cause = None
    vars(copy).update(state)
    return copy


def _changed(error: AmeideError, **changes: Any) -> AmeideError:
    changed = AmeideError.__new__(AmeideError)
    ConnectError.__init__(
        changed, error.code, changes.get("_message", error.message), error.details
    )
    vars(changed).update(vars(error), **changes)
    changed.__cause__ = error.__cause__
    changed.__suppress_context__ = error.__suppress_context__
    return changed.with_traceback(error.__traceback__)


def code_name(code: Code) -> str:
    """Returns a code in Connect's spelling: `permission_denied`."""
    return code.value


def code_of(name: str) -> Code:
    """Returns the code of a name in Connect's spelling."""
    return Code(name)


def _pairs_of(headers: AnswerHeaders) -> list[tuple[str, str]]:
    return list(headers.allitems() if isinstance(headers, Headers) else headers.items())
