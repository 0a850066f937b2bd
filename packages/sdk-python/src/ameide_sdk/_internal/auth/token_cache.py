"""The tokens of one provider."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from ameide_sdk._internal.auth.auth import TokenProvider, TokenRequest
from ameide_sdk._internal.auth.credential import Credential, CredentialRequest
from ameide_sdk._internal.auth.provider_call import ProviderOutcome, ProviderTimeoutError
from ameide_sdk._internal.auth.provider_slots import ProviderSlots
from ameide_sdk._internal.auth.token_life import ReadToken, TokenLife, read_token
from ameide_sdk._internal.auth.token_store import (
    KeptToken,
    ProviderFailure,
    TokenEntry,
    TokenFlight,
    TokenStore,
)
from ameide_sdk._internal.auth.token_wait import TokenSource, TokenWait
from ameide_sdk._internal.errors.config_error import config_errors
from ameide_sdk._internal.errors.errors import AmeideError, ErrorFacts
from ameide_sdk._internal.errors.thrown_text import thrown_text_without_tokens
from ameide_sdk._internal.runtime.runtime import Runtime
from ameide_sdk._internal.runtime.waiter import Waiter


@dataclass(frozen=True, slots=True)
class _Unsent:
    """Request that has begun, and is sent to the provider once the lock is free."""

    entry: TokenEntry
    flight: TokenFlight
    request: CredentialRequest


class TokenCache(TokenSource):
    """Caches the tokens of one provider by tenant and scopes, with one request for many calls.

    The lock of the token store guards it.
    """

    header = "authorization"

    def __init__(self, provider: TokenProvider, runtime: Runtime, store: TokenStore) -> None:
        """Begins without a token.

        Args:
            provider: Asked for tokens.
            runtime: Gives clock, randomness and numbers.
            store: Keeps the tokens.
        """
        self.clock = runtime.clock
        self.constants = runtime.constants
        self._provider = provider
        self._jitter = runtime.random.auth_jitter
        self._store = store
        self._id = store.next_provider()
        self._slots = ProviderSlots(self.clock, self.constants)
        self._asked = 0
        self._unsent: _Unsent | None = None

    def get(self, request: CredentialRequest, waiter: Waiter) -> Credential | TokenWait:
        """Returns a credential at once if one is at hand, otherwise a wait for one.

        Args:
            request: Says what for.
            waiter: Of the call, for its wait.

        Raises:
            AmeideError: If the provider failed, just now or a moment ago, or the client is closed.
        """
        with self._store.lock:
            entry = self._entry(request)
            found = self._find(entry, request, waiter)
            unsent = self._take_unsent()
        return self._settled(entry, found, unsent)

    def can_renew(self, request: CredentialRequest, refused: Credential) -> bool:
        """Reports whether a credential newer than the refused one may be had."""
        with self._store.lock:
            if self._store.close_reason is not None:
                return False
            return self._may_renew(self._entry(request), refused.generation)

    def renew(
        self, request: CredentialRequest, refused: Credential, waiter: Waiter
    ) -> Credential | TokenWait:
        """Gets a credential newer than the one that the server refused. Ask `can_renew` first.

        Raises:
            AmeideError: If the provider failed, or the client is closed.
        """
        with self._store.lock:
            entry = self._entry(request)
            found = self._renewed(entry, request, refused.generation, waiter)
            unsent = self._take_unsent()
        return self._settled(entry, found, unsent)

    def refuse(self, request: CredentialRequest, refused: Credential) -> None:
        """Records a refusal after which the call goes no further.

        The next call wants a newer credential.
        """
        with self._store.lock:
            if self._store.close_reason is None:
                entry = self._entry(request)
                entry.refused = max(entry.refused, refused.generation)

    def look(self, wait: TokenWait) -> None:
        """Has a wait find out what there is to wait for, and asks the provider if it has to."""
        with self._store.lock:
            wait.look()
            unsent = self._take_unsent()
        if unsent is not None:
            self._send(unsent)

    def forget(self, wait: TokenWait) -> None:
        """Removes a wait that has ended."""
        with self._store.lock:
            self._slots.leave(wait)
            wait.entry.waits.pop(wait, None)
            self._store.waits.pop(wait, None)

    # What follows is called with the lock.

    def may_ask(self) -> bool:
        """Reports whether one more request may begin now."""
        return self._slots.is_free()

    def begin(
        self, entry: TokenEntry, request: CredentialRequest, *, after_refusal: bool
    ) -> TokenFlight:
        """Begins a request, which is sent once the lock is free."""
        self._asked += 1
        flight = TokenFlight(self._asked, self.clock.now(), after_refusal)
        entry.flight = flight
        self._slots.take(flight)
        self._unsent = _Unsent(entry, flight, request)
        return flight

    def is_paused(self, entry: TokenEntry) -> bool:
        """Reports whether the provider failed so recently that it is not asked again."""
        failure = entry.failure
        pause_ms = self.constants.provider_pause_ms
        return failure is not None and self.clock.now() < failure.at_ms + pause_ms

    def enqueue(self, wait: TokenWait) -> None:
        """Queues a wait, to be woken when one more request may begin."""
        self._slots.enqueue(wait)

    def dequeue(self, wait: TokenWait) -> None:
        """Takes a wait out of the queue."""
        self._slots.leave(wait)

    def gave_up(self, entry: TokenEntry, flight: TokenFlight | None) -> Callable[[], AmeideError]:
        """Records that a wait took too long: the provider counts as failed."""
        error = _provider_error(ProviderTimeoutError(self.constants.token_timeout_ms))
        entry.failure = ProviderFailure(error, self.clock.now())
        if flight is not None and entry.flight is flight:
            entry.flight = None
        return error

    def _entry(self, request: CredentialRequest) -> TokenEntry:
        if self._store.close_reason is not None:
            raise self._store.close_reason()
        key = (self._id, request.tenant, request.scopes)
        return self._store.entry(key, self.constants, self.clock.now())

    def _take_unsent(self) -> _Unsent | None:
        unsent, self._unsent = self._unsent, None
        return unsent

    def _find(
        self, entry: TokenEntry, request: CredentialRequest, waiter: Waiter
    ) -> Credential | TokenWait:
        token = entry.token
        if entry.generation <= entry.refused and self._may_renew(entry, entry.refused):
            return self._renewed(entry, request, entry.refused, waiter)
        if token is not None:
            stage = token.life.stage()
            if stage == "renewable":
                self._renew_ahead(entry, request)
            if stage in ("fresh", "renewable"):
                return token.credential
        return self._wait(entry, request, 0, waiter)

    def _may_renew(self, entry: TokenEntry, refused: int) -> bool:
        if entry.usable(refused) is not None or entry.flight is not None:
            return True
        token = entry.token
        is_new = (
            token is not None
            and token.after_refusal
            and token.life.age() < self.constants.provider_pause_ms
        )
        return not is_new and not self.is_paused(entry)

    def _renewed(
        self, entry: TokenEntry, request: CredentialRequest, refused: int, waiter: Waiter
    ) -> Credential | TokenWait:
        return entry.usable(refused) or self._wait(entry, request, refused, waiter)

    def _wait(
        self, entry: TokenEntry, request: CredentialRequest, refused: int, waiter: Waiter
    ) -> TokenWait:
        wait = TokenWait(self, entry, request, refused, waiter)
        entry.waits[wait] = None
        self._store.waits[wait] = None
        wait.look()
        return wait

    # Never queues, as there is a token that can be used.
    def _renew_ahead(self, entry: TokenEntry, request: CredentialRequest) -> None:
        now_ms, constants = self.clock.now(), self.constants
        flight, failure = entry.flight, entry.failure
        is_under_way = (
            flight is not None and now_ms < flight.started_ms + constants.token_timeout_ms
        )
        has_failed = (
            failure is not None and now_ms < failure.at_ms + constants.failed_refresh_wait_ms
        )
        if not is_under_way and not has_failed and self.may_ask():
            self.begin(entry, request, after_refusal=False)

    def _end(self, entry: TokenEntry, flight: TokenFlight) -> None:
        self._slots.release(flight)
        if entry.flight is flight:
            entry.flight = None

    # What follows is called without the lock.

    def _settled(
        self, entry: TokenEntry, found: Credential | TokenWait, unsent: _Unsent | None
    ) -> Credential | TokenWait:
        if isinstance(found, Credential):
            if unsent is None:
                return found
            self._send(unsent)
            # A provider that answers at once is heard.
            token = entry.token
            return found if token is None else token.credential
        credential = None
        try:
            if unsent is not None:
                self._send(unsent)
            credential = found.credential()
        except BaseException:
            found.leave()
            raise
        if credential is None:
            return found
        found.leave()
        return credential

    def _send(self, unsent: _Unsent) -> None:
        entry, flight, request = unsent.entry, unsent.flight, unsent.request
        if self._store.close_reason is not None:
            return
        limit_ms = self.constants.token_timeout_ms
        ends_ms = self.clock.wall_now() + limit_ms
        deadline = datetime.datetime.fromtimestamp(ends_ms / 1e3, datetime.UTC)
        asked = TokenRequest(request.tenant, request.scopes, deadline)
        outcome = ProviderOutcome(
            landed=lambda given: self._landed(entry, flight, given),
            failed=lambda reason: self._failed(entry, flight, _provider_error(reason)),
            late=lambda: self._late(entry, flight),
            lost=lambda: self._lost(entry, flight),
        )
        self._store.calls.begin(lambda: self._provider(asked), limit_ms, outcome)

    def _landed(self, entry: TokenEntry, flight: TokenFlight, given: object) -> None:
        try:
            token = read_token(given, self.constants)
        except Exception as reason:
            self._failed(entry, flight, _provider_error(reason))
            return
        if not isinstance(token, ReadToken):
            fault = token
            self._failed(entry, flight, lambda: config_errors([fault]))
            return
        with self._store.lock:
            self._end(entry, flight)
            # A request that began before the one of the current token gives an older token.
            if self._store.close_reason is None and flight.number > entry.generation:
                self._keep(entry, flight, token)

    def _keep(self, entry: TokenEntry, flight: TokenFlight, token: ReadToken) -> None:
        credential = Credential(self.header, f"Bearer {token.text}", flight.number)
        life = TokenLife(self.clock, token.expires_at_ms, self.constants, self._jitter())
        entry.token = KeptToken(credential, life, flight.after_refusal)
        entry.failure = None
        for wait in tuple(entry.waits):
            wait.take(credential)

    def _failed(
        self, entry: TokenEntry, flight: TokenFlight, error: Callable[[], AmeideError]
    ) -> None:
        with self._store.lock:
            self._end(entry, flight)
            entry.failure = ProviderFailure(error, self.clock.now())
            for wait in tuple(entry.waits):
                if wait.flight is flight:
                    wait.fail(error)

    # Who waits for it gives up now by itself; a renewal in the background is begun anew.
    def _late(self, entry: TokenEntry, flight: TokenFlight) -> None:
        with self._store.lock:
            self._end(entry, flight)

    def _lost(self, entry: TokenEntry, flight: TokenFlight) -> None:
        with self._store.lock:
            self._end(entry, flight)
            for wait in tuple(entry.waits):
                if wait.flight is flight:
                    wait.lose()


def _provider_error(reason: BaseException) -> Callable[[], AmeideError]:
    message = f"the token provider failed{_told(reason)}"

    def make() -> AmeideError:
        source = ConnectError(Code.UNAUTHENTICATED, message)
        source.__cause__ = reason
        return AmeideError(source, ErrorFacts(origin="client", reason="TOKEN_PROVIDER_FAILED"))

    return make


# Reading an exception may run code of its own.
def _told(reason: BaseException) -> str:
    try:
        text = thrown_text_without_tokens(reason)
    except Exception:
        return ""
    return f": {text}" if text else ""
