"""One call of a streaming method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from connectrpc.errors import ConnectError

from ameide_sdk._internal.call.attempt import Attempt
from ameide_sdk._internal.call.base_call import ENDS_ATTEMPTS, BaseCall
from ameide_sdk._internal.call.call_plan import CallPlan
from ameide_sdk._internal.call.limit_message import AnswerPart
from ameide_sdk._internal.call.response_metadata import ResponseMetadata
from ameide_sdk._internal.call.stream_input import StreamInput
from ameide_sdk._internal.call.unary_call import Send, UnaryCall
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.policy.deadline import AttemptLimit, attempt_limit
from ameide_sdk._internal.policy.retry import InputState
from ameide_sdk._internal.runtime.flow import Flow, Interrupted, Perform
from ameide_sdk._internal.runtime.waiter import Waiter
from ameide_sdk._internal.wire.recorder import Recording


class _End:
    """The type of `END`."""


END = _End()
"""What reading a stream gives after its last message."""


class Messages(Protocol):
    """The messages of one attempt, as Connect gives them."""

    def read(self) -> Any:
        """Returns the next message or `END`, or an awaitable of it."""
        ...


class StreamCall(BaseCall):
    """One call of a server stream, or of a stream both ways.

    Until its first message has come it is repeated like a unary call; a stream both ways shows its
    headers at once, and is not repeated from then on.
    """

    def __init__(
        self,
        plan: CallPlan,
        waiter: Waiter,
        open_messages: Callable[[Attempt], Messages],
        stream_input: StreamInput | None,
        metadata: ResponseMetadata | None,
    ) -> None:
        """Begins nothing yet.

        Args:
            open_messages: Begins an attempt.
            stream_input: What the caller streams; None for one message, which can be sent again.
            metadata: Is shown the headers of the answer.
        """
        super().__init__(plan, waiter)
        # Those of the attempt under way, or of the last one.
        self._open = open_messages
        self._input = stream_input
        self._metadata = metadata
        self.messages: Messages | None = None
        self._begun = False
        self._left = False
        self._is_for_us = False
        # Since when it waits for what it waits for now, and whether somebody does.
        self._since_ms: float | None = None
        self._reading = False

    def next(self) -> Flow[Any]:
        """Moves the call on until it has a message, its end or its error.

        Raises:
            AmeideError: If it has failed; then there is no more.
            CancelledError: If its task was canceled; our error is its cause.
        """
        if self._over:
            return END
        try:
            return (yield from self._next())
        except BaseException as reason:
            told = self._end(reason)
            if told is reason:
                raise
            raise told from None
        finally:
            if self._over and self._input is not None:
                self._input.close()

    def leave(self) -> None:
        """Ends the call because the application wants no more: well, and the server is told."""
        if self._over:
            return
        self._left = True
        attempt = self._attempt
        if attempt is None:
            self._over = True
            return
        attempt.recording.close()
        if self._reading:
            self._waiter.wake()
            return
        self._succeed(attempt)
        if self._input is not None:
            self._input.close()

    def responded(self, recording: Recording) -> None:
        """Shows the headers of a stream both ways, and ends a call with another tenant's answer.

        Messages may be long in coming.
        """
        if not self._shows(recording):
            return
        try:
            self._check_tenant(recording)
        except AmeideError:
            # Who reads checks it again.
            recording.limit(self._client.clock.now())
            self._waiter.wake()
            return
        self._is_for_us = True
        if self._plan.kind == "bidi_streaming":
            self._show(recording)

    def _next(self) -> Flow[Any]:
        if not self._begun:
            self._begun = True
            self._start()
        while True:
            if self.messages is None:
                attempt = yield from self._next_attempt()
                self._is_for_us = False
                self.messages = self._open(attempt)
            message = yield from self._read()
            if message is not None:
                return message

    # None if another attempt is to follow.
    def _read(self) -> Flow[Any]:
        attempt, messages = self._attempt, self.messages
        assert attempt is not None
        assert messages is not None
        until_ms = self._limit_read(attempt)
        if until_ms <= self._client.clock.now() and self._committed:
            attempt.limit_cause = "deadline"
            self.messages = None
            yield from self._failed(attempt, Interrupted())
            return None
        self._reading = True
        try:
            message = yield Perform(messages.read, until_ms)
        except ENDS_ATTEMPTS as reason:
            if self._left:
                self._succeed(attempt)
                return END
            self._check_for_us(attempt)
            failure = _failure_of(self._input, attempt)
            self.messages = None
            yield from self._failed(attempt, reason if failure is None else failure)
            return None
        finally:
            self._reading = False
        if self._left:
            self._succeed(attempt)
            return END
        self._check_closed()
        self._check_for_us(attempt)
        self._show(attempt.recording)
        if message is END:
            self._succeed(attempt)
            return END
        self._committed = True
        self._since_ms = self._client.clock.now()
        return message

    def _limit_read(self, attempt: Attempt) -> float:
        plan = self._plan
        if not self._committed:
            # The recorder asks for the limit of an attempt when it sends it.
            return plan.start_ms + plan.timeout_ms
        now_ms = self._client.clock.now()
        remaining_ms = plan.remaining(now_ms)
        if remaining_ms <= 0:
            return now_ms
        self._since_ms = now_ms
        limit = attempt_limit(remaining_ms, plan.policy.idle_timeout_ms, "idle_timeout")
        attempt.limit_cause = limit.cause
        until_ms = now_ms + limit.limit_ms
        attempt.recording.limit(until_ms)
        return until_ms

    def _check_for_us(self, attempt: Attempt) -> None:
        if not self._is_for_us and self._shows(attempt.recording):
            self._check_tenant(attempt.recording)
            self._is_for_us = True

    def _shows(self, recording: Recording) -> bool:
        is_answer = recording.status is not None and recording.good and recording.is_of_protocol
        # Connect refuses one that is compressed unasked.
        return is_answer and not recording.is_packed_unasked

    def _show(self, recording: Recording) -> None:
        if self._metadata is not None:
            self._metadata.show(recording)

    # The time until the first message is the server's own only if it does not wait for ours.
    def _limit(self, now_ms: float) -> AttemptLimit:
        policy, kind = self._plan.policy, self._plan.kind
        part_ms = policy.first_message_timeout_ms if kind == "server_streaming" else None
        return attempt_limit(self._plan.remaining(now_ms), part_ms, "first_message_timeout")

    def _awaited(self) -> AnswerPart:
        if self._since_ms is not None and not self._reading:
            return AnswerPart("its reader", self._since_ms)
        return AnswerPart("a message of the stream", self._since_ms)

    def _connect_error(self, reason: BaseException) -> ConnectError:
        if _is_of_input(reason, self._input, self._attempt):
            return AmeideError.from_exception(reason)
        return super()._connect_error(reason)

    def _input_state(self) -> InputState:
        if self._input is None:
            return "replayable"
        recording = None if self._attempt is None else self._attempt.recording
        is_shown = recording is not None and self._shows(recording)
        return "consumed" if is_shown else self._input.state(recording)


class ClientStreamCall(UnaryCall):
    """One call that streams messages, and has one answer."""

    def __init__(
        self,
        plan: CallPlan,
        waiter: Waiter,
        send: Send,
        stream_input: StreamInput,
        metadata: ResponseMetadata | None,
    ) -> None:
        """Begins nothing yet."""
        super().__init__(plan, waiter, send, metadata)
        self._input = stream_input

    def run(self) -> Flow[Any]:
        """Makes the call and all its attempts."""
        try:
            return (yield from super().run())
        finally:
            self._input.close()

    def _failed(self, attempt: Attempt, reason: BaseException) -> Flow[None]:
        failure = _failure_of(self._input, attempt)
        return super()._failed(attempt, reason if failure is None else failure)

    def _limit(self, now_ms: float) -> AttemptLimit:
        return attempt_limit(self._plan.remaining(now_ms), None, "attempt_timeout")

    def _connect_error(self, reason: BaseException) -> ConnectError:
        if _is_of_input(reason, self._input, self._attempt):
            return AmeideError.from_exception(reason)
        return super()._connect_error(reason)

    def _input_state(self) -> InputState:
        return self._input.state(None if self._attempt is None else self._attempt.recording)


# What ended an attempt because of the caller's messages.
def _failure_of(stream_input: StreamInput | None, attempt: Attempt) -> Exception | None:
    of_input = None if stream_input is None else stream_input.failure
    return of_input or attempt.recording.input_failure


# It is no answer, even where one has begun.
def _is_of_input(
    reason: BaseException, stream_input: StreamInput | None, attempt: Attempt | None
) -> bool:
    return attempt is not None and reason is _failure_of(stream_input, attempt)
