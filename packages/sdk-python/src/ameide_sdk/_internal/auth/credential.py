"""The header that authenticates a call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

_CREDENTIAL = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_BEARER = re.compile(r"bearer ", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:bearer|basic) ", re.IGNORECASE)

CREDENTIAL_RULE = "must be printable ASCII on one line, without spaces around it"
"""States the rule of `is_credential` for error messages."""

TOKEN_RULE = f"{CREDENTIAL_RULE}, and without Bearer before it"
"""States the rule of `is_token` for error messages."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Header to send, and the token it came from.

    Attributes:
        header: Its name in lower case.
        generation: Number of the provider request that it came from, counted from 1; 0 for a
            credential that never changes.
    """

    header: str
    value: str = field(repr=False)
    generation: int


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """Call that wants a credential.

    Attributes:
        tenant: None if it has none.
        scopes: OAuth scopes that the method declares.
        deadline_ms: End of the call by the monotonic clock; infinite if it has none.
    """

    tenant: str | None
    scopes: tuple[str, ...]
    deadline_ms: float


def is_credential(value: object) -> TypeGuard[str]:
    """Reports whether a credential may stand in a header: printable ASCII, not empty."""
    return isinstance(value, str) and _CREDENTIAL.fullmatch(value) is not None


def is_token(value: object) -> TypeGuard[str]:
    """Reports whether a value is a bearer token, without the scheme that is put before it."""
    return is_credential(value) and _BEARER.match(value) is None


def secrets_of(
    last: Credential | None, earlier: Sequence[Credential], headers: Iterable[str]
) -> tuple[str, ...]:
    """Lists the secrets of a call: the last credential, those before it, and values of headers.

    The longest come first, because one may be part of another.
    """
    credentials = earlier if last is None else (last, *earlier)
    values = (*(each.value for each in credentials), *headers)
    secrets = (_SCHEME.sub("", value) for value in values)
    return tuple(sorted(secrets, key=len, reverse=True))
