"""One attempt of a call, and what is known of it when it has failed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.errors.details import retry_info_ms
from ameide_sdk._internal.errors.errors import code_name
from ameide_sdk._internal.policy.deadline import Limit
from ameide_sdk._internal.policy.failure import AbortCause, Failure, Observation, to_failure
from ameide_sdk._internal.policy.policy import PolicyConstants
from ameide_sdk._internal.policy.server_hints import HintSource, read_hint
from ameide_sdk._internal.wire.network_message import (
    is_strangers,
    network_message,
    strangers_message,
)
from ameide_sdk._internal.wire.recorder import Recording

if TYPE_CHECKING:
    from ameide_sdk._internal.call.call_plan import CallPlan


@dataclass(slots=True)
class Attempt:
    """One attempt of a call.

    Attributes:
        number: Counted from 1 as sent.
        entered_ms: Time at which it got below the users' interceptors; None before.
        limit_cause: The limit that ends it or the wait for its next message.
        due_ms: End of the limit that the server was told, and `due_cause`, which limit that is.
        abort_cause: Why the SDK ended it; None while it runs, or if it ended by itself.
        inner_error: Failure that came from below the users' interceptors.
        over: True once it is over: later news is ignored.
    """

    number: int
    started_ms: float
    recording: Recording
    entered_ms: float | None = None
    limit_cause: Limit = "deadline"
    due_ms: float = math.inf
    due_cause: Limit = "deadline"
    abort_cause: AbortCause | None = None
    inner_error: ConnectError | None = None
    over: bool = False


def abort_error(cause: AbortCause, message: str) -> ConnectError:
    """Creates the error of an attempt that the SDK ended."""
    code = Code.CANCELED if cause == "canceled" else Code.DEADLINE_EXCEEDED
    return ConnectError(code, message)


def forget_frames(*errors: BaseException) -> None:
    """Lets go of the frames of an attempt that another one follows.

    They lead back to who reads a stream, which ends once nobody refers to it any more.
    """
    left = list(errors)
    while left:
        each = left.pop()
        if each.__traceback__ is not None:
            each.__traceback__ = None
            left += [each.__cause__] if each.__cause__ else []


def over_error() -> ConnectError:
    """Creates the error of a request for an attempt that has ended."""
    return ConnectError(Code.CANCELED, "the attempt is over")


def failure_of(
    attempt: Attempt, error: ConnectError, wall_now_ms: float, constants: PolicyConstants
) -> Failure:
    """Collects all that is known of a failed attempt."""
    recording = attempt.recording
    hint = None
    if recording.status is not None:
        hint = read_hint(
            HintSource(
                get=recording.get,
                retry_info_ms=retry_info_ms(error, constants),
                wall_now_ms=wall_now_ms,
            )
        )
    return to_failure(
        Observation(
            abort_cause=attempt.abort_cause,
            # An interceptor's own error did not come from below it.
            local=error is not attempt.inner_error,
            network=recording.network(),
            status=recording.status,
            good=recording.good,
            wire_error=recording.wire_error is not None,
            reached=recording.reached,
            waits=recording.waits,
            sent_again=recording.sent_again,
            unread=recording.unread,
            ended_early=recording.ended_early(),
            runtime_code=code_name(error.code),
            hint=hint,
        )
    )


def told_of(attempt: Attempt, error: ConnectError, plan: CallPlan) -> ConnectError:
    """Returns the error of an attempt.

    If the connection failed, or the answer speaks no protocol that the SDK knows, it says what
    happened and where.
    """
    if attempt.abort_cause is not None:
        return error
    recording = attempt.recording
    broken = recording.broken
    if broken is not None:
        where = f"{plan.server_address}:{plan.server_port}"
        return _told_as(network_message(broken, where), error)
    # An interceptor's own error is not an answer.
    if error is attempt.inner_error and is_strangers(recording, error):
        url = plan.url if recording.url is None else recording.url
        return _told_as(strangers_message(error.message, recording, url), error)
    return error


def _told_as(message: str, error: ConnectError) -> ConnectError:
    told = ConnectError(error.code, message, error.details)
    told.__cause__ = error.__cause__
    return told


def is_servers_timeout(attempt: Attempt, now_ms: float, constants: PolicyConstants) -> bool:
    """Reports whether the server ended an attempt because its time was over.

    gRPC servers do so by a reset. A server is told whole milliseconds, rounded down, so its time
    may be over a little before ours.
    """
    margin_ms = constants.min_wire_timeout_ms
    return attempt.recording.canceled_by_server and now_ms > attempt.due_ms - margin_ms
