"""Sources of credentials."""

from __future__ import annotations

from typing import Protocol

from ameide_sdk._internal.auth.auth import Auth
from ameide_sdk._internal.auth.credential import Credential, CredentialRequest
from ameide_sdk._internal.auth.token_cache import TokenCache
from ameide_sdk._internal.auth.token_store import TokenStore
from ameide_sdk._internal.auth.token_wait import TokenWait
from ameide_sdk._internal.runtime.runtime import Runtime
from ameide_sdk._internal.runtime.waiter import Waiter


class CredentialSource(Protocol):
    """Gives credentials; shared by clients derived from one another, and by threads."""

    @property
    def header(self) -> str:
        """The header that carries the credential, in lower case."""
        ...

    def get(self, request: CredentialRequest, waiter: Waiter, /) -> Credential | TokenWait:
        """Returns a credential at once if one is at hand, otherwise a wait for one.

        Args:
            request: Says what for.
            waiter: Of the call, for its wait.

        Raises:
            AmeideError: If the provider failed, just now or a moment ago, or the client is closed.
        """
        ...

    def can_renew(self, request: CredentialRequest, refused: Credential, /) -> bool:
        """Reports whether a credential newer than the refused one may be had."""
        ...

    def renew(
        self, request: CredentialRequest, refused: Credential, waiter: Waiter, /
    ) -> Credential | TokenWait:
        """Gets a credential newer than the one that the server refused. Ask `can_renew` first.

        Raises:
            AmeideError: If the provider failed, or the client is closed.
        """
        ...

    def refuse(self, request: CredentialRequest, refused: Credential, /) -> None:
        """Records a refusal after which the call goes no further.

        The next call wants a newer credential.
        """
        ...


def create_credential_source(auth: Auth, runtime: Runtime, store: TokenStore) -> CredentialSource:
    """Makes a source of credentials.

    Args:
        auth: The option, which has been checked.
        runtime: Gives clock, randomness and numbers.
        store: Keeps the tokens of providers.
    """
    if "provider" in auth:
        return TokenCache(auth["provider"], runtime, store)
    if "token" in auth:
        return _FixedCredential(Credential("authorization", f"Bearer {auth['token']}", 0))
    return _FixedCredential(Credential(auth["header"].lower(), auth["value"], 0))


class _FixedCredential:
    __slots__ = ("_credential", "header")

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self.header = credential.header

    def get(self, _request: CredentialRequest, _waiter: Waiter) -> Credential:
        return self._credential

    def can_renew(self, _request: CredentialRequest, _refused: Credential) -> bool:
        return False

    def renew(
        self, _request: CredentialRequest, _refused: Credential, _waiter: Waiter
    ) -> Credential:
        return self._credential

    def refuse(self, _request: CredentialRequest, _refused: Credential) -> None:
        pass
