"""How calls are authenticated."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NotRequired, TypeAlias, TypedDict, final


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Describes the token that a provider is asked for.

    Attributes:
        tenant: Tenant of the call; None if it has none.
        scopes: OAuth scopes the method declares (RFC 6749, section 3.3).
        deadline: When the SDK stops waiting for this request, 30 s after it began; aware, in UTC.
            Calls that wait for it may have less time left; it is never theirs.
    """

    tenant: str | None
    scopes: tuple[str, ...]
    deadline: datetime.datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token (RFC 6750). Its printed form does not show it.

    Attributes:
        token: Without the word Bearer.
        expires_at: An aware `datetime`, or seconds since the Unix epoch, for instance
            `time.time() + 3600`. None for a token that does not expire: it is kept until refused.
            All else (milliseconds, a life in seconds, NaN, text) fails the call with the reason
            CONFIG_INVALID.
    """

    token: str = field(repr=False)
    expires_at: datetime.datetime | float | None = None


class TokenFields(TypedDict):
    """The members of an `AccessToken`, as a mapping."""

    token: str
    expires_at: NotRequired[datetime.datetime | float | None]


Token: TypeAlias = AccessToken | TokenFields
"""What a provider gives."""

TokenProvider: TypeAlias = Callable[[TokenRequest], Token | Awaitable[Token]]
"""Gets a token. Called once for many waiting calls, for at most 16 tenants and scopes at once.

An async client calls it in its event loop, so one that blocks has to be async; it is canceled
after its deadline and when the client is closed. A sync client takes only sync providers, and
calls each in a thread of its own, as the calls that wait keep their deadlines; it has to end by
itself. It sees no context variables of those calls. After a failure it is not called again for a
second. The text of an exception it raises appears in the calls' errors, with `REDACTED` in place
of anything that looks like a credential; a `CancelledError` of its own is a failure, too, and
cancels no call.
"""


@final
class BearerAuth(TypedDict):
    """A bearer token that does not change (RFC 6750), without the word Bearer."""

    token: str


@final
class KeyAuth(TypedDict):
    """A static key in a header of its own, `x-api-key` for instance."""

    header: str
    value: str


@final
class ProviderAuth(TypedDict):
    """Bearer tokens from a provider.

    They are kept for each tenant and scopes until shortly before they expire, or a server refuses
    them.
    """

    provider: TokenProvider


Auth: TypeAlias = BearerAuth | KeyAuth | ProviderAuth
"""How calls are authenticated."""
