"""Facts about a failed attempt, and the failure they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ameide_sdk._internal.policy.deadline import Limit
from ameide_sdk._internal.policy.server_hints import Hint

Origin: TypeAlias = Literal["server", "transport", "client"]
"""Source of a failure."""

Sent: TypeAlias = Literal["no", "maybe", "yes"]
"""Tells whether the server may have read the request."""

AbortCause: TypeAlias = Limit | Literal["canceled"]
"""Reasons for which the SDK itself ends an attempt."""

NetworkKind: TypeAlias = Literal[
    "silent",
    "other",
    "not_sent",
    "unprocessed",
    "of_session",
    "certificate",
    "our_certificate",
    "handshake",
    "over_limit",
]
"""Meaning of one error of a chain of causes, as far as a retry is concerned.

`silent`: says nothing of its own, such as one that wraps another. `other`: says nothing about when
it happened, such as a reset. `not_sent`: comes before a connection is established. `unprocessed`:
no stream was opened, or the server says that it did not act on it (RFC 9113, sections 6.8 and 8.7).
`of_session`: gives a stream the code of a GOAWAY, which says nothing about the stream.
`certificate`: the SDK refuses the peer's certificate. `our_certificate`: a server says this of a
client certificate (RFC 8446, section 6.2). `handshake`: there is no TLS, or no version, cipher,
name or HTTP version in common; or a proxy wants a credential, or admits nobody. `over_limit`: the
head of an answer is larger than the HTTP client accepts.
"""


@dataclass(frozen=True, slots=True)
class NetworkError:
    """One error of a chain of causes."""

    kind: NetworkKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFailure:
    """Failure of a connection.

    Attributes:
        errors: Errors along the chain of causes.
        h2_error_code: HTTP/2 error code of the reset stream.
        nothing_sent: True if the request had no connection yet, TLS included. That nobody asked for
            its body proves nothing here: its head may have left before.
        connected: True if the HTTP client reports connections, and this one was established.
    """

    errors: tuple[NetworkError, ...]
    h2_error_code: int | None = None
    nothing_sent: bool = False
    connected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Facts about a failed attempt, from the recorder below the runtime and the call above it.

    The runtime's own code counts only if neither knows better.

    Attributes:
        abort_cause: Reason, if the SDK itself ended the attempt.
        local: True if the failure was made above the HTTP layer: by an interceptor, or in
            serialization.
        network: Failure of the HTTP client before a response head, or while its body was read.
        status: Status of the response, if its head arrived.
        good: True if that status is one of good answers.
        wire_error: True if the response carried a valid error of the protocol.
        reached: Whether the server may have read the data sent, as far as that is known without an
            error.
        waits: True if the request had no connection yet, so that nothing of it was sent.
        sent_again: True if an interceptor sent more than one request, so that no answer stands for
            the attempt.
        unread: True if the body of the answer has an unknown compression: it may say anything.
        ended_early: True if a good answer was over before the protocol's own end of it had come.
        runtime_code: Code of the runtime, in Connect's spelling.
        hint: Server's statement about when to try again.
    """

    abort_cause: AbortCause | None
    local: bool
    network: NetworkFailure | None
    status: int | None
    good: bool
    wire_error: bool
    reached: Sent
    waits: bool
    sent_again: bool
    unread: bool
    ended_early: bool
    runtime_code: str
    hint: Hint | None


Mismatch: TypeAlias = Literal["certificate", "settings"]
"""Lasting disagreement of the two sides of a connection.

The SDK refuses the peer's certificate, or one side refuses the other's settings.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure, in the terms that decide about a retry.

    Attributes:
        code: Code in Connect's spelling.
        origin: Source of the failure.
        sent: Whether the server may have read the request.
        mismatch: Disagreement that keeps the two sides from ever having a connection.
        ended: True if a limit or the caller ended the attempt. A code of an interceptor's own does
            not tell.
        attempt_timed_out: True if a timeout other than the call's own ended the attempt.
        http_status: Status of the response, if its head arrived.
        wire_error: True if the response carried a valid error of the protocol.
        sent_again: True if more than one request was sent: no answer stands for the attempt.
        unread: True if the body of the answer could not be read.
        reason: Machine-readable reason, if the SDK made the error.
        hint: Server's statement about when to try again.
    """

    code: str
    origin: Origin
    sent: Sent
    mismatch: Mismatch | None = None
    ended: bool = False
    attempt_timed_out: bool = False
    http_status: int | None = None
    wire_error: bool = False
    sent_again: bool = False
    unread: bool = False
    reason: str | None = None
    hint: Hint | None = None


# Codes for statuses without an error of the protocol (Connect protocol, "HTTP to Error Code").
_HTTP_CODES: Mapping[int, str] = {
    400: "internal",
    401: "unauthenticated",
    403: "permission_denied",
    404: "unimplemented",
    429: "unavailable",
    502: "unavailable",
    503: "unavailable",
    504: "unavailable",
}

# Codes that the runtime may give an unacceptable answer, by Connect's own suite: an unknown media
# type; no message, or more than one, where one is due. Any other code becomes `internal`.
_READ_CODES = frozenset(("unknown", "unimplemented"))

_H2_REFUSED_STREAM = 7


def to_failure(seen: Observation) -> Failure:
    """Turns the facts about a failed attempt into one failure.

    Runtimes give the same event different codes; from here on there is one.
    """
    code, origin, sent, reason = _verdict(seen)
    return Failure(
        code=code,
        origin=origin,
        sent=sent,
        mismatch=_mismatch(seen),
        ended=seen.abort_cause is not None,
        attempt_timed_out=seen.abort_cause not in (None, "canceled", "deadline"),
        http_status=seen.status,
        wire_error=seen.wire_error,
        sent_again=seen.sent_again,
        unread=seen.unread,
        reason=reason,
        hint=seen.hint if _is_servers_error(seen) else None,
    )


def _verdict(seen: Observation) -> tuple[str, Origin, Sent, str | None]:
    if seen.abort_cause is not None:
        return *_aborted(seen.abort_cause), "no" if seen.waits else "maybe", None
    if seen.network is not None:
        return *_broken(seen, seen.network), None
    if seen.local or seen.status is None:
        return seen.runtime_code, "client", seen.reached, None
    if _is_redirect(seen.status):
        return "unknown", "client", "yes", "REDIRECT_REFUSED"
    if seen.wire_error:
        return seen.runtime_code, "server", "yes", None
    if seen.runtime_code == "resource_exhausted":
        # No status has this code: the answer exceeds one of the SDK's limits.
        return seen.runtime_code, "client", "yes", None
    if seen.ended_early:
        return "internal", "transport", "maybe", None
    if seen.good:
        # The answer was good until the SDK read it.
        code = seen.runtime_code if seen.runtime_code in _READ_CODES else "internal"
        return code, "client", "yes", None
    return _HTTP_CODES.get(seen.status, "unknown"), "server", "yes", None


def _aborted(cause: AbortCause) -> tuple[str, Origin]:
    if cause == "canceled":
        return "canceled", "client"
    return "deadline_exceeded", "client" if cause == "deadline" else "transport"


def _broken(seen: Observation, network: NetworkFailure) -> tuple[str, Origin, Sent]:
    if _has(network, "over_limit"):
        return "resource_exhausted", "client", "yes"
    refused = _mismatch(seen) is not None and not network.connected
    not_sent = not _may_be_sent(seen) and _is_not_sent(network)
    return "unavailable", "transport", "no" if refused or not_sent else "maybe"


def _is_redirect(status: int) -> bool:
    return 300 <= status < 400


# A hint on a good answer that breaks off, or cannot be read, is not used.
def _is_servers_error(seen: Observation) -> bool:
    by_status = seen.status is not None and not seen.good and not _is_redirect(seen.status)
    return (seen.wire_error or by_status) and not seen.sent_again


# A server that has begun to answer has read something, whatever comes then.
def _may_be_sent(seen: Observation) -> bool:
    return seen.status is not None or seen.sent_again


def _is_not_sent(network: NetworkFailure) -> bool:
    refused = network.h2_error_code == _H2_REFUSED_STREAM and not _has(network, "of_session")
    return network.nothing_sent or refused or _says_nothing_was_sent(network)


# With TLS 1.3 a server may refuse the client certificate after the handshake.
def _mismatch(seen: Observation) -> Mismatch | None:
    network = seen.network
    if seen.abort_cause is not None or network is None or _has(network, "over_limit"):
        return None
    if _may_be_sent(seen):
        return None
    if not network.connected and _has(network, "certificate"):
        return "certificate"
    if _has(network, "our_certificate") or (not network.connected and _has(network, "handshake")):
        return "settings"
    return None


# Any other error may belong to an earlier request of a client that resends by itself.
def _says_nothing_was_sent(network: NetworkFailure) -> bool:
    kinds = {error.kind for error in network.errors} - {"silent"}
    early = {"unprocessed"} if network.connected else {"unprocessed", "not_sent"}
    return bool(kinds) and kinds <= early


def _has(network: NetworkFailure, kind: NetworkKind) -> bool:
    return any(error.kind == kind for error in network.errors)
