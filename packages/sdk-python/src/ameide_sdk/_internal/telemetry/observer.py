"""The events of a call, and who receives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from ameide_sdk._internal.policy.failure import Origin, Sent
from ameide_sdk._internal.policy.policy import Protocol
from ameide_sdk._internal.policy.retry import RetryClass, StopReason

WaitingKind: TypeAlias = Literal["transparent", "replay", "retry"]
"""A transparent retry, the replay with a new token or as POST, or a counted retry.

Retries of `wait_for_ready` are transparent, with a wait.
"""

WouldHaveWhat: TypeAlias = Literal["retried", "expired", "refused"]
"""What policy would have done in observe mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBase:
    """Fields of every event.

    Attributes:
        method: Full name of the method: `acme.v1.Billing/Charge`.
        request_id: Id of the call, the same in all its events.
        at_ms: Milliseconds since the call began.
    """

    type: ClassVar[str]

    method: str
    request_id: str
    at_ms: float

    def to_json(self) -> dict[str, object]:
        """Returns plain data, the same in every SDK; what is None is left out."""
        return {
            "method": self.method,
            "requestId": self.request_id,
            "atMs": _plain(self.at_ms),
            "type": self.type,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted(EventBase):
    """Sent when an attempt starts.

    Attributes:
        attempt: Number of the attempt, counted from 1 as sent.
        timeout_ms: Time limit of the attempt, as on the wire; None for none.
        idempotency_key: Idempotency key as sent, to find the call in the server's logs. No log and
            no span has it.
        headers: Request headers; values outside the allow-list are replaced by `REDACTED`.
    """

    type: ClassVar[Literal["attempt_started"]] = "attempt_started"

    attempt: int
    timeout_ms: float | None
    idempotency_key: str | None
    headers: Mapping[str, str]

    def to_json(self) -> dict[str, object]:
        """Returns plain data, the same in every SDK; what is None is left out."""
        return EventBase.to_json(self) | _stated(
            attempt=self.attempt,
            timeoutMs=_plain(self.timeout_ms),
            idempotencyKey=self.idempotency_key,
            headers=dict(self.headers),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed(EventBase):
    """Sent when an attempt has failed.

    Attributes:
        code: Code in Connect's spelling.
        class_: Class of the failure, which decides whether it may be repeated.
        sent: Tells whether the server may have read the request.
        http_status: None if there was no answer.
        retry_after_ms: Time after which the server wants to be asked again; None if it said none.
        delay_ms: Wait after it; None if no attempt follows.
        stop_reason: Reason for which none follows; None if one does.
        explanation: Fact that decided, in words.
    """

    type: ClassVar[Literal["attempt_failed"]] = "attempt_failed"

    attempt: int
    code: str
    class_: RetryClass
    origin: Origin
    sent: Sent
    message: str
    http_status: int | None
    retry_after_ms: float | None
    duration_ms: float
    delay_ms: float | None
    stop_reason: StopReason | None
    explanation: str

    def to_json(self) -> dict[str, object]:
        """Returns plain data, the same in every SDK; what is None is left out."""
        return EventBase.to_json(self) | _stated(
            attempt=self.attempt,
            code=self.code,
            **{"class": self.class_},
            origin=self.origin,
            sent=self.sent,
            message=self.message,
            httpStatus=self.http_status,
            retryAfterMs=_plain(self.retry_after_ms),
            durationMs=_plain(self.duration_ms),
            delayMs=_plain(self.delay_ms),
            stopReason=self.stop_reason,
            explanation=self.explanation,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(EventBase):
    """Sent when another attempt follows, before the wait.

    Attributes:
        budget_tokens: Tokens left in the budget.
    """

    type: ClassVar[Literal["waiting"]] = "waiting"

    delay_ms: float
    class_: RetryClass
    kind: WaitingKind
    budget_tokens: float

    def to_json(self) -> dict[str, object]:
        """Returns plain data, the same in every SDK."""
        return EventBase.to_json(self) | {
            "delayMs": _plain(self.delay_ms),
            "class": self.class_,
            "kind": self.kind,
            "budgetTokens": _plain(self.budget_tokens),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(EventBase):
    """Sent when the call is over.

    Attributes:
        code: Code of the error in Connect's spelling; None if the call succeeded.
        message: Message of the error; None if the call succeeded.
        attempts: Number of attempts sent.
        retry_delay_ms: Sum of the waits between attempts.
        budget_tokens: Tokens left in the budget.
    """

    type: ClassVar[Literal["done"]] = "done"

    code: str | None
    message: str | None
    stop_reason: StopReason | None
    attempts: int
    duration_ms: float
    retry_delay_ms: float
    budget_tokens: float

    def to_json(self) -> dict[str, object]:
        """Returns plain data, the same in every SDK; what is None is left out."""
        return EventBase.to_json(self) | _stated(
            code=self.code,
            message=self.message,
            stopReason=self.stop_reason,
            attempts=self.attempts,
            durationMs=_plain(self.duration_ms),
            retryDelayMs=_plain(self.retry_delay_ms),
            budgetTokens=_plain(self.budget_tokens),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldHave(EventBase):
    """Sent in observe mode: what policy would have done."""

    type: ClassVar[Literal["would_have"]] = "would_have"

    what: WouldHaveWhat
    explanation: str

    def to_json(self) -> dict[str, object]:
        """Returns plain data, the same in every SDK."""
        return EventBase.to_json(self) | {"what": self.what, "explanation": self.explanation}


CallEvent: TypeAlias = AttemptStarted | AttemptFailed | Waiting | Done | WouldHave
"""Event of a call, as plain data, in order."""

Observer: TypeAlias = Callable[[CallEvent], object]
"""Receives the events of all calls of a client, in whatever thread they happen.

Its errors are ignored; it may cancel the call or close the client, after which no further events
are sent.
"""


# JSON has one kind of number: 2, not 2.0.
def _plain(value: float | None) -> float | None:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _stated(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInfo:
    """Facts of a call at its start.

    Attributes:
        method: Full name of the method: `acme.v1.Billing/Charge`.
        tenant: None if it has none.
        start_wall_ms: Start of the call, in milliseconds since the Unix epoch.
    """

    service: str
    method: str
    request_id: str
    tenant: str | None
    server_address: str
    server_port: int
    protocol: Protocol
    start_wall_ms: float


class CallSink:
    """Receiver of a call's events, for a span or a log."""

    __slots__ = ()

    def inject(self, set_header: Callable[[str, str], None], at_ms: float) -> None:
        """Sets the headers of an attempt that carry its trace context.

        Args:
            set_header: Sets a header, by its name in lower case.
            at_ms: Start of the attempt, in milliseconds since the call began.
        """

    def peer(self, address: str, port: int) -> None:
        """Receives the address of the peer of the last attempt."""

    def event(self, event: CallEvent) -> object:
        """Receives an event."""
        raise NotImplementedError


class ObserverSink(CallSink):
    """Hands events on to an observer."""

    __slots__ = ("_observer",)

    def __init__(self, observer: Observer) -> None:
        """Takes the observer."""
        self._observer = observer

    def event(self, event: CallEvent) -> object:
        """Hands on an event."""
        return self._observer(event)
