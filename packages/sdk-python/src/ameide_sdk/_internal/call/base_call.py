"""What unary calls and streams have in common: attempts, the waits between them, and every end.

It is written once, as flows, for async and sync callers. The story of a call:

1. `transport/stub.py` `Stub`: takes the call of a generated method, makes a plan, runs the call.
2. `call/call_plan.py` `CallPlan`: policy, deadline, tenant and headers of the call.
3. `call/base_call.py` `start`: joins the calls of its client.
4. `call/base_call.py` `next_attempt`: asks for a credential, may wait for a token, begins an
   attempt.
5. `call/unary_call.py` `run`, `call/stream_call.py` `next`: give it to the users' interceptors and
   to Connect, which makes a request of it.
6. `wire/recorder.py`: takes the request, and asks for its last headers and its limit:
7. `call/base_call.py` `enter`: below the interceptors, writes the headers and sets the limit.
8. `wire/recorder.py` `Recording`: records what Connect hides of the answer.
9. `call/base_call.py` `failed`: `decide`: a wait and back to 4, or the error of the call.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TypeVar

import pyqwest
from connectrpc.errors import ConnectError

from ameide_sdk._internal.auth.credential import Credential
from ameide_sdk._internal.call.attempt import (
    Attempt,
    abort_error,
    failure_of,
    forget_frames,
    is_servers_timeout,
    over_error,
    told_of,
)
from ameide_sdk._internal.call.call_credentials import CallCredentials
from ameide_sdk._internal.call.call_error import error_of_abort, error_of_attempt
from ameide_sdk._internal.call.call_events import CallEvents
from ameide_sdk._internal.call.call_plan import CallPlan, tenant_error
from ameide_sdk._internal.call.failed_attempts import Failed, Followed, followed_by, with_attempt
from ameide_sdk._internal.call.lifetime import Closed
from ameide_sdk._internal.call.limit_message import (
    AnswerPart,
    Limited,
    abort_message,
    where_it_stood,
)
from ameide_sdk._internal.call.renewal import Renewal, renewal
from ameide_sdk._internal.errors.bounded_text import redact, summary
from ameide_sdk._internal.errors.errors import AmeideError, AttemptFailure, ErrorFacts
from ameide_sdk._internal.policy.budget import debit, refund
from ameide_sdk._internal.policy.deadline import AttemptLimit, wire_timeout
from ameide_sdk._internal.policy.failure import AbortCause, Failure
from ameide_sdk._internal.policy.policy import PolicyValues
from ameide_sdk._internal.policy.retry import (
    NO_ATTEMPTS,
    Decision,
    InputState,
    RetryClass,
    RetryState,
    Situation,
    StopReason,
    classify,
    decide,
    is_get_too_long,
    waits_out,
    with_next_attempt,
)
from ameide_sdk._internal.runtime.flow import Flow, Interrupted, Pause
from ameide_sdk._internal.runtime.waiter import Waiter
from ameide_sdk._internal.telemetry.observer import WaitingKind
from ameide_sdk._internal.wire.frozen_request import FrozenRequest, post_instead
from ameide_sdk._internal.wire.recorder import Recording

_Message = TypeVar("_Message")

ENDS_ATTEMPTS = (Exception, asyncio.CancelledError)
"""What an attempt fails with. All else is for the program, its coroutines or greenlets."""


class BaseCall(ABC):
    """One call, from its plan to its end. One flow of it runs at a time."""

    def __init__(self, plan: CallPlan, waiter: Waiter) -> None:
        """Begins nothing yet."""
        self._plan = plan
        self._client = plan.client
        self._waiter = waiter
        self._events = CallEvents(plan)
        self._state: RetryState = NO_ATTEMPTS
        self._attempt: Attempt | None = None
        self._over = False
        # A message of the answer has reached the application. Streams only.
        self._committed = False
        self._closed: Closed | None = None
        self._attempts: tuple[AttemptFailure, ...] = ()
        self._sent = 0
        self._credentials = CallCredentials(plan, waiter)
        self._replayed = False
        self._last_cost: float | None = None
        self._waited_ms = 0.0
        self._last_error: ConnectError | None = None
        # Where the call stood when it heard that it was canceled.
        self._where: str | None = None
        # Failure of the last attempt, if nothing of it was sent.
        self._unsent: str | None = None
        # For the recorder: the request of the first attempt, for those that follow.
        self.frozen: FrozenRequest | None = None
        self.addresses = self._client.addresses

    @abstractmethod
    def _limit(self, now_ms: float) -> AttemptLimit:
        """Returns the time limit of an attempt, as a whole or until its first message."""

    @abstractmethod
    def _awaited(self) -> AnswerPart:
        """Returns what an attempt waits for once the head of its answer has arrived."""

    @abstractmethod
    def _input_state(self) -> InputState:
        """Returns the state of the input."""

    def close(self, closed: Closed) -> None:
        """Ends the call because the client is closed, whatever it waits for."""
        self._closed = closed
        if self._attempt is not None:
            self._attempt.recording.close()
        self._waiter.wake()

    def responded(self, _recording: Recording) -> None:
        """Is told by the recorder that the head of an answer has come."""
        return

    def attempt_info(self) -> tuple[int, float]:
        """Returns the number of the attempt, and the milliseconds it had left when it began."""
        started_ms = self._plan.start_ms if self._attempt is None else self._attempt.started_ms
        return self._sent, self._plan.remaining(started_ms)

    def with_request_id(self, message: _Message) -> _Message:
        """Returns the message of a unary request with its request id field filled."""
        plan = self._plan
        return plan.with_request_id(message) if plan.kind == "unary" else message

    def note_inner(self, error: ConnectError) -> ConnectError:
        """Notes the failure that came from below the users' interceptors."""
        attempt = self._attempt
        if attempt is None or attempt.over:
            return error
        attempt.inner_error = attempt.recording.read_error(error)
        return attempt.inner_error

    def _start(self) -> None:
        """Begins the call, once.

        Raises:
            AmeideError: If it is over.
        """
        self._client.lifetime.add(self)
        self._plan.begin()
        for refusal in self._plan.refusals:
            self._events.would_refuse(refusal)
        self._check_closed()
        if self._plan.timeout_ms < self._client.constants.min_wire_timeout_ms:
            raise self._abort("deadline")

    def _next_attempt(self) -> Flow[Attempt]:
        """Waits for a credential, and begins an attempt."""
        credential = yield from self._authenticate()
        plan, client = self._plan, self._client
        started_ms = self._starts_at()
        plan.headers.use(credential)
        if plan.remaining(started_ms) < client.constants.min_wire_timeout_ms:
            raise self._abort("deadline")
        plan.headers.prepare(self._state.attempts, started_ms)
        # The tracer may have ended the call.
        yield from self._check_live()
        self._sent += 1
        recording = Recording(self, plan.shape, client.clock, self._enter)
        recording.deadline_ms = plan.start_ms + plan.timeout_ms
        attempt = Attempt(self._sent, started_ms, recording)
        self._attempt = attempt
        self._state = with_next_attempt(self._state)
        return attempt

    def _enter(self, recording: Recording, header: pyqwest.Headers) -> float:
        """Writes the last headers of a request, and says until when its attempt may run."""
        attempt = self._attempt
        if attempt is None or attempt.over or attempt.recording is not recording:
            raise over_error()
        client, plan = self._client, self._plan
        # Without interceptors no time has passed.
        now_ms = client.clock.now() if client.has_interceptors else attempt.started_ms
        attempt.entered_ms = now_ms
        limit = self._limit(now_ms)
        timeout_ms = wire_timeout(client.constants, limit, plan.remaining(now_ms))
        if timeout_ms == "expired":
            attempt.limit_cause = "deadline"
            recording.expired = True
            raise Interrupted
        left_ms = limit.limit_ms if limit.on_wire else plan.remaining(now_ms)
        attempt.due_ms = now_ms + left_ms
        attempt.due_cause = limit.cause if limit.on_wire else "deadline"
        plan.headers.write_last(header, timeout_ms)
        self._events.started(attempt, timeout_ms, header)
        attempt.limit_cause = limit.cause
        if not self._events.is_silent or client.has_interceptors:
            # A listener that is told of the start may have ended or delayed it.
            if plan.remaining(client.clock.now()) < client.constants.min_wire_timeout_ms:
                attempt.limit_cause = "deadline"
                recording.expired = True
                raise Interrupted
            if self._is_over():
                raise over_error()
        until_ms = now_ms + limit.limit_ms
        self._waiter.limit(until_ms)
        return until_ms

    def _authenticate(self) -> Flow[Credential | None]:
        yield from self._check_live()
        credentials = self._credentials
        credential = yield from credentials.get(self._is_over)
        # The provider may have ended the call.
        yield from self._check_live()
        if credential is None and credentials.token_wait is not None:
            raise self._abort("deadline")
        credentials.token_wait = None
        return credential

    def _is_over(self) -> bool:
        return self._closed is not None or self._waiter.is_canceled()

    # Callbacks that cancel the caller's task are heard before anything else is done.
    def _check_live(self) -> Flow[None]:
        self._check_closed()
        if self._waiter.is_canceled() and self._where is None:
            yield Pause(self._client.clock.now())
            raise asyncio.CancelledError

    def _check_closed(self) -> None:
        if self._closed is not None:
            raise self._known(self._closed(where_it_stood(self._what_was_seen())))

    # No time passes before the first attempt, unless a provider took a millisecond of it.
    def _starts_at(self) -> float:
        start_ms = self._plan.start_ms
        if self._sent == 0 and self._plan.credentials is None:
            return start_ms
        now_ms = self._client.clock.now()
        return start_ms if self._sent == 0 and now_ms - start_ms < 1 else now_ms

    def _abort(self, cause: AbortCause) -> AmeideError:
        """Makes the error of a call that ends without an attempt under way."""
        seen = self._what_was_seen(cause)
        error = abort_error(cause, abort_message(cause, seen))
        error.__cause__ = None if cause == "canceled" else self._last_error
        self._where = where_it_stood(seen) if cause == "canceled" else None
        return error_of_abort(cause, error, self._plan, self._facts())

    def _what_was_seen(self, cause: AbortCause = "canceled") -> Limited:
        now_ms = self._client.clock.now()
        if cause == "deadline":
            # Who reads a stream late hears of it late.
            now_ms = min(now_ms, self._plan.start_ms + self._plan.timeout_ms)
        return Limited(
            now_ms=now_ms,
            plan=self._plan,
            attempt=self._attempt,
            failed=self._attempts[-1] if self._attempts else None,
            token_wait=self._credentials.token_wait,
            awaited=self._awaited(),
            unsent=self._unsent,
        )

    def _check_tenant(self, recording: Recording) -> None:
        """Raises the error if a good answer is for another tenant than was sent."""
        plan = self._plan
        echo = None
        if plan.tenant is not None and recording.headers is not None:
            echo = recording.headers.get(plan.header_names.tenant)
        fault = plan.tenant_mismatch(echo, self._events.would_refuse)
        if fault is not None:
            facts = self._facts(reason="TENANT_MISMATCH")
            raise AmeideError(tenant_error(fault), facts)

    def _succeed(self, attempt: Attempt) -> None:
        """Ends the call well."""
        attempt.over = True
        client = self._client
        with client.budget.lock:
            refund(client.budget, self._last_cost, client.constants.success_refund)
        self._finish(None, None)

    def _failed(self, attempt: Attempt, reason: BaseException) -> Flow[None]:
        """Returns when another attempt is to follow.

        Raises:
            AmeideError: If the call has failed.
            CancelledError: The same that it was given, with our error as its cause.
        """
        # The client is closed: the error of the attempt says nothing.
        if self._closed is not None and not isinstance(reason, asyncio.CancelledError):
            closed = self._closed(where_it_stood(self._what_was_seen()))
            attempt.over = True
            raise self._known(closed) from None
        cause = self._cause_of(attempt, reason)
        if cause is None:
            error = self._connect_error(reason)
        else:
            seen = self._what_was_seen(cause)
            error = abort_error(cause, abort_message(cause, seen))
            self._where = where_it_stood(seen) if cause == "canceled" else None
            is_ours = isinstance(reason, Interrupted | asyncio.CancelledError)
            error.__cause__ = None if is_ours else reason
            attempt.abort_cause = cause
            if cause != "canceled":
                attempt.recording.timed_out()
        attempt.recording.close()
        attempt.over = True
        told = told_of(attempt, error, self._plan)
        self._last_error = told
        try:
            yield from self._follow(attempt, error, told)
        except AmeideError as failed:
            if isinstance(reason, asyncio.CancelledError):
                raise reason from failed
            raise
        forget_frames(reason, told)

    # Why the SDK or the caller ended an attempt; None if it ended by itself.
    def _cause_of(self, attempt: Attempt, reason: BaseException) -> AbortCause | None:
        if isinstance(reason, asyncio.CancelledError):
            return "canceled"
        if isinstance(reason, Interrupted) or attempt.recording.expired:
            return attempt.limit_cause
        client = self._client
        if is_servers_timeout(attempt, client.clock.now(), client.constants):
            return attempt.due_cause
        return None

    def _connect_error(self, reason: BaseException) -> ConnectError:
        error = reason if isinstance(reason, ConnectError) else AmeideError.from_exception(reason)
        return error if self._client.has_interceptors else self.note_inner(error)

    # Decides what follows a failed attempt. A listener that is told of it may end the call.
    def _follow(self, attempt: Attempt, reported: ConnectError, told: ConnectError) -> Flow[None]:
        client, plan = self._client, self._plan
        failure = failure_of(attempt, reported, client.clock.wall_now(), client.constants)
        retry_class = classify(failure, plan.policy.retryable_codes)
        failed = Failed(attempt, failure, retry_class, told)
        renew = self._renewal(failure, plan.policy)
        if renew is not None:
            self._replayed = True
            self._replay(failed, transparent=False, renew=renew)
            return
        if self._posts_instead(failure):
            self._state = self._state.uncounted()
            self._replay(failed, transparent=True)
            return
        situation = Situation(
            constants=client.constants,
            policy=plan.policy,
            budget=client.budget,
            failure=failure,
            retry_class=retry_class,
            state=self._state,
            key_sent=plan.key_sent,
            input=self._input_state(),
            committed=self._committed,
            remaining_ms=plan.remaining(client.clock.now()),
        )
        decision = self._decided(situation)
        if plan.observed is not None:
            replay = self._renewal(failure, plan.observed) is not None
            self._events.would_retry(situation, replay=replay)
        self._note(failed, followed_by(decision))
        self._unsent = told.message if retry_class == "NOT_SENT" else None
        if decision.retry and self._is_over():
            with client.budget.lock:
                refund(client.budget, decision.cost, 0)
        yield from self._check_live()
        if decision.retry:
            yield from self._retry(decision, retry_class)
        elif waits_out(decision, situation):
            yield from self._wait_out()
        else:
            assert decision.stop_reason is not None
            facts = self._facts(retryable=retry_class != "NEVER")
            raise error_of_attempt(failed, decision.stop_reason, plan, facts) from None

    # What is decided by the tokens of the budget is taken from them in one go.
    def _decided(self, situation: Situation) -> Decision:
        budget = self._client.budget
        with budget.lock:
            decision = decide(situation, self._client.runtime.random.backoff)
            if decision.retry and decision.cost > 0:
                debit(budget, decision.cost)
        return decision

    def _renewal(self, failure: Failure, policy: PolicyValues) -> Renewal | None:
        return renewal(
            self._plan,
            self._plan.headers.credential,
            failure=failure,
            policy=policy,
            state=self._state,
            replayed=self._replayed,
            input_state=self._input_state(),
            committed=self._committed,
        )

    # Lets the attempts that follow send a GET as POST that was refused as too long.
    def _posts_instead(self, failure: Failure) -> bool:
        method = None if self.frozen is None else self.frozen.method
        return is_get_too_long(failure, method) and post_instead(self) and self._plan.policy.retry

    def _replay(self, failed: Failed, *, transparent: bool, renew: Renewal | None = None) -> None:
        self._note(failed, Followed(0, transparent))
        self._events.waiting(0, failed.retry_class, "replay")
        self._credentials.renew = renew

    def _retry(self, decision: Decision, retry_class: RetryClass) -> Flow[None]:
        assert decision.next is not None
        self._state = decision.next
        if decision.cost > 0:
            self._last_cost = decision.cost
        self._waited_ms += decision.delay_ms
        kind: WaitingKind = "transparent" if decision.transparent else "retry"
        self._events.waiting(decision.delay_ms, retry_class, kind)
        yield from self._check_live()
        if decision.delay_ms == 0:
            return
        clock = self._client.clock
        until_ms = clock.now() + decision.delay_ms
        yield Pause(until_ms, "sleep", decision.delay_ms)
        self._check_closed()
        while clock.now() < until_ms:
            yield Pause(until_ms)
            self._check_closed()

    # There is no time for another attempt: the call fails as if its deadline had ended it.
    def _wait_out(self) -> Flow[None]:
        deadline_ms = self._plan.start_ms + self._plan.timeout_ms
        while True:
            yield Pause(deadline_ms)
            self._check_closed()
            if self._client.clock.now() >= deadline_ms:
                raise self._abort("deadline")

    def _note(self, failed: Failed, followed: Followed) -> None:
        client, attempt = self._client, failed.attempt
        message = redact(failed.error.message, self._plan.headers.secrets())
        seen = AttemptFailure(
            code=failed.failure.code,
            class_=failed.retry_class,
            sent=failed.failure.sent,
            message=summary(message, client.constants.max_printed_text_bytes),
            duration_ms=int(client.clock.now() - attempt.started_ms),
        )
        self._attempts = with_attempt(self._attempts, seen, followed)
        self._events.failed(failed, message, followed)

    def _facts(self, *, reason: str | None = None, retryable: bool = False) -> ErrorFacts:
        return ErrorFacts(
            origin="client",
            reason=reason,
            method=self._plan.method,
            request_id=self._plan.request_id,
            attempts=self._attempts,
            committed=self._committed,
            retryable=retryable,
            bounds=self._client.constants,
            secrets=self._plan.headers.secrets(),
            where=self._where,
        )

    # Adds what is known of the call to an error that is of none.
    def _known(self, error: AmeideError) -> AmeideError:
        return error if error.method is not None else error.with_call(self._facts())

    def _end(self, reason: BaseException) -> BaseException:
        """Ends the call with what its flow raised; returns what the caller is to be told."""
        if not isinstance(reason, asyncio.CancelledError):
            error = self._known(AmeideError.from_exception(reason))
            self._finish(error, error.stop_reason)
            return error if isinstance(reason, Exception) else reason
        cause = reason.__cause__
        error = cause if isinstance(cause, AmeideError) else self._abort("canceled")
        reason.__cause__ = error
        self._finish(error, error.stop_reason)
        return reason

    def _finish(self, error: AmeideError | None, stop_reason: StopReason | None) -> None:
        if self._over:
            return
        self._over = True
        if self._attempt is not None:
            self._attempt.over = True
        self._client.lifetime.remove(self)
        self._events.done(error, stop_reason, self._sent, self._waited_ms, self._attempt)
