"""The tokens of a client and of those derived from it."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ameide_sdk._internal.auth.credential import Credential
from ameide_sdk._internal.auth.provider_call import ProviderCalls
from ameide_sdk._internal.auth.token_life import TokenLife
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.policy.policy import PolicyConstants

if TYPE_CHECKING:
    from ameide_sdk._internal.auth.token_wait import TokenWait


@dataclass(frozen=True, slots=True, eq=False)
class TokenFlight:
    """Request to a provider.

    Attributes:
        number: Counts the requests to a provider from 1.
        after_refusal: True if it began because a token was refused.
    """

    number: int
    started_ms: float
    after_refusal: bool


@dataclass(frozen=True, slots=True)
class KeptToken:
    """Token that a provider gave."""

    credential: Credential
    life: TokenLife
    after_refusal: bool


@dataclass(frozen=True, slots=True)
class ProviderFailure:
    """Last failure of a provider.

    Attributes:
        error: Makes the error: one that many raise would collect the traceback of each.
    """

    error: Callable[[], AmeideError]
    at_ms: float


@dataclass(slots=True, eq=False)
class TokenEntry:
    """State of one provider for a tenant and scopes.

    Attributes:
        refused: Generation of the newest token that is not to be used again if there is another.
        failure: None once a token has come.
        flight: Newest request, until it is answered.
        dropped: True once it is no longer in the store.
    """

    token: KeptToken | None = None
    refused: int = 0
    failure: ProviderFailure | None = None
    flight: TokenFlight | None = None
    waits: dict[TokenWait, None] = field(default_factory=dict)
    dropped: bool = False

    @property
    def generation(self) -> int:
        """Generation of its token; 0 if it has none."""
        return 0 if self.token is None else self.token.credential.generation

    def usable(self, refused: int) -> Credential | None:
        """Returns its token if it is newer than `refused` and has not expired."""
        token = self.token
        if token is None or token.credential.generation <= refused:
            return None
        return None if token.life.stage() == "expired" else token.credential


_SWEEP_MS = 1_000


class TokenStore:
    """Keeps the tokens of a client and of those derived from it, as many as are allowed.

    The least recently used leave first. All are dropped once the client is closed.

    Attributes:
        calls: Calls the providers.
        lock: Guards the entries, and all that waits for them. It is held over no wait and no call
            of a provider. A thread may take it again, since the garbage collector may end an
            abandoned wait anywhere.
        close_reason: Makes the error for which there are no tokens any more; None while there may
            be some.
        waits: Calls that wait for a token.
    """

    def __init__(self, calls: ProviderCalls) -> None:
        """Begins with none."""
        self.calls = calls
        self.lock = threading.RLock()
        self.close_reason: Callable[[], AmeideError] | None = None
        self.waits: dict[TokenWait, None] = {}
        # Ordered by last use, oldest first.
        self._entries: OrderedDict[Hashable, TokenEntry] = OrderedDict()
        self._providers = 0
        self._swept_ms = -math.inf

    def next_provider(self) -> int:
        """Returns the number that names one more provider in keys."""
        with self.lock:
            self._providers += 1
            return self._providers

    def entry(self, key: Hashable, constants: PolicyConstants, now_ms: float) -> TokenEntry:
        """Returns the entry of a key, created if needed. The caller has the lock."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
            return entry
        self._make_room(constants, now_ms)
        entry = self._entries[key] = TokenEntry()
        return entry

    def close(self, reason: Callable[[], AmeideError]) -> None:
        """Drops everything, fails the calls that wait, and ends the calls of providers.

        Args:
            reason: Makes the error of a call that waits.
        """
        with self.lock:
            self.close_reason = self.close_reason or reason
            while self._entries:
                self._drop(next(iter(self._entries)))
            for wait in tuple(self.waits):
                wait.abandon(reason)
        self.calls.end()

    def _make_room(self, constants: PolicyConstants, now_ms: float) -> None:
        if now_ms >= self._swept_ms + _SWEEP_MS:
            self._swept_ms = now_ms
            for key, entry in tuple(self._entries.items()):
                if _is_spent(entry, now_ms - constants.provider_pause_ms):
                    self._drop(key)
        while self._entries and len(self._entries) >= constants.max_tokens:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        self._entries.pop(key).dropped = True


# Reports whether an entry can be dropped: it has nothing of use, nor does it hold a provider back.
def _is_spent(entry: TokenEntry, paused_from_ms: float) -> bool:
    return (
        (entry.token is None or entry.token.life.stage() == "expired")
        and (entry.failure is None or entry.failure.at_ms <= paused_from_ms)
        and entry.flight is None
        and not entry.waits
    )
