"""The wait of one call for a token."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from ameide_sdk._internal.auth.credential import Credential, CredentialRequest
from ameide_sdk._internal.auth.token_store import TokenEntry, TokenFlight
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.policy.policy import PolicyConstants
from ameide_sdk._internal.runtime.flow import Flow, Pause
from ameide_sdk._internal.runtime.runtime import Clock
from ameide_sdk._internal.runtime.waiter import Waiter


class TokenSource(Protocol):
    """Provider's side of a wait."""

    clock: Clock
    constants: PolicyConstants

    def look(self, wait: TokenWait) -> None:
        """Has a wait find out what there is to wait for, and asks the provider if it has to."""
        ...

    def may_ask(self) -> bool:
        """Reports whether one more request may begin now."""
        ...

    def begin(
        self, entry: TokenEntry, request: CredentialRequest, *, after_refusal: bool
    ) -> TokenFlight:
        """Begins a request, which is sent once the lock is free."""
        ...

    def is_paused(self, entry: TokenEntry) -> bool:
        """Reports whether the provider failed so recently that it is not asked again."""
        ...

    def enqueue(self, wait: TokenWait) -> None:
        """Queues a wait, to be woken when one more request may begin."""
        ...

    def dequeue(self, wait: TokenWait) -> None:
        """Takes a wait out of the queue."""
        ...

    def forget(self, wait: TokenWait) -> None:
        """Removes a wait that has ended."""
        ...

    def gave_up(self, entry: TokenEntry, flight: TokenFlight | None) -> Callable[[], AmeideError]:
        """Records that a wait took too long: the provider counts as failed."""
        ...


class TokenWait:
    """Wait of one call for a token.

    It joins the request under way, and begins one of its own if there is none or if that one takes
    too long: a request of an event loop ends with it, and no other call is told.

    Attributes:
        flight: Request it waits for; None while there is no room for one.
        started_ms: Start of the wait, by the monotonic clock.
    """

    __slots__ = (
        "_due_ms",
        "_give_up_ms",
        "_is_paused",
        "_own",
        "_patient_until_ms",
        "_request",
        "_result",
        "_source",
        "_waiter",
        "entry",
        "flight",
        "refused",
        "started_ms",
    )

    def __init__(
        self,
        source: TokenSource,
        entry: TokenEntry,
        request: CredentialRequest,
        refused: int,
        waiter: Waiter,
    ) -> None:
        """Begins now.

        Args:
            source: Asks the provider.
            entry: State for the tenant and the scopes of the call.
            request: What the call wants.
            refused: Generation of the token that the server refused; 0 if none was refused.
            waiter: Of the call that waits.
        """
        constants = source.constants
        now_ms = source.clock.now()
        left_ms = (request.deadline_ms - now_ms) * constants.token_join_share
        share_ms = left_ms if left_ms == math.inf else math.floor(left_ms)
        self.entry = entry
        self.refused = refused
        self.flight: TokenFlight | None = None
        self.started_ms = now_ms
        self._source = source
        self._request = request
        self._waiter = waiter
        self._patient_until_ms = now_ms + min(constants.token_join_ms, share_ms)
        self._give_up_ms = now_ms + constants.token_timeout_ms
        self._due_ms = now_ms
        self._own = False
        # There is nobody to be woken before.
        self._is_paused = False
        self._result: Credential | Callable[[], AmeideError] | None = None

    def flow(self, is_over: Callable[[], bool]) -> Flow[Credential | None]:
        """Waits. However it ends, the wait is left.

        Args:
            is_over: Reports whether the call has ended; asked after each pause.

        Returns:
            None if the call has ended, or its deadline has come.

        Raises:
            AmeideError: If the provider failed, or the client was closed.
        """
        source, deadline_ms = self._source, self._request.deadline_ms
        self._is_paused = True
        try:
            while (credential := self.credential()) is None:
                yield Pause(min(self._due_ms, deadline_ms))
                if self._result is None and not is_over():
                    if source.clock.now() >= deadline_ms:
                        return None
                    # The provider that it asks may end the call.
                    source.look(self)
                if is_over():
                    return None
            return credential
        finally:
            self.leave()

    def credential(self) -> Credential | None:
        """Returns its result; None if there is none yet.

        Raises:
            AmeideError: If it failed.
        """
        result = self._result
        if result is None or isinstance(result, Credential):
            return result
        raise result()

    def leave(self) -> None:
        """Ends the wait, since the call goes on or has ended."""
        self._source.forget(self)

    # What follows is called with the lock of the token store.

    def look(self) -> None:
        """Finds out what there is to wait for, and until when."""
        source, entry = self._source, self.entry
        if self._result is not None:
            return
        now_ms = source.clock.now()
        if now_ms >= self._give_up_ms:
            self.fail(source.gave_up(entry, self.flight if self._own else None))
            return
        due_ms = self._give_up_ms
        if not self._own:
            self.flight = self._joinable(now_ms)
            if self.flight is not None:
                due_ms = self._join_until(self.flight)
            elif entry.failure is not None and source.is_paused(entry):
                self.fail(entry.failure.error)
            elif source.may_ask():
                self._own = True
                source.dequeue(self)
                self.flight = source.begin(entry, self._request, after_refusal=self.refused > 0)
            else:
                source.enqueue(self)
                due_ms = now_ms + source.constants.provider_pause_ms
        self._due_ms = min(due_ms, self._give_up_ms)

    def take(self, credential: Credential) -> None:
        """Takes a newer token."""
        if self._result is None and credential.generation > self.refused:
            self._result = credential
            self.wake()

    def fail(self, error: Callable[[], AmeideError]) -> None:
        """Tells of a failed request; a token that is still good is taken instead."""
        still = self.entry.usable(self.refused)
        if still is None:
            self.abandon(error)
        else:
            self.take(still)

    def abandon(self, error: Callable[[], AmeideError]) -> None:
        """Ends the wait: no token will come."""
        if self._result is None:
            self._result = error
            self.wake()

    def lose(self) -> None:
        """Tells that nobody knows what became of the request it waits for."""
        self.flight = None
        self._own = False
        self.wake()

    def wake(self) -> None:
        """Has the call look again."""
        if self._is_paused:
            self._waiter.wake()

    def _joinable(self, now_ms: float) -> TokenFlight | None:
        flight = self.entry.flight
        return flight if flight is not None and now_ms < self._join_until(flight) else None

    # A request that has just begun is not doubled, however little time its callers have.
    def _join_until(self, flight: TokenFlight) -> float:
        constants = self._source.constants
        until_ms = min(flight.started_ms + constants.token_join_ms, self._patient_until_ms)
        return max(flight.started_ms + constants.provider_pause_ms, until_ms)
