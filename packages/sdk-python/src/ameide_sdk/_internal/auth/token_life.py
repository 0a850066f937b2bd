"""The answers of token providers, and how long a token may be used."""

from __future__ import annotations

import datetime
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from ameide_sdk._internal.auth.auth import AccessToken
from ameide_sdk._internal.auth.credential import TOKEN_RULE, is_token
from ameide_sdk._internal.errors.config_error import Fault, config_fault
from ameide_sdk._internal.policy.policy import PolicyConstants
from ameide_sdk._internal.runtime.runtime import Clock

_OPTION = "auth.provider"
_EXPIRY_RULE = "expires_at must be an aware datetime or seconds since the epoch"
_EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)
_LAST_MS = datetime.datetime.max.replace(tzinfo=datetime.UTC).timestamp() * 1e3


@dataclass(frozen=True, slots=True)
class ReadToken:
    """Provider's answer, once it has been read.

    Attributes:
        expires_at_ms: Epoch milliseconds; infinite for a token that does not expire.
    """

    text: str = field(repr=False)
    expires_at_ms: float


def read_token(given: object, constants: PolicyConstants) -> ReadToken | Fault:
    """Reads a provider's answer.

    Returns:
        A fault, for CONFIG_INVALID, if it is none.

    Raises:
        Exception: What the members of a mapping raise.
    """
    if isinstance(given, AccessToken):
        text: object = given.token
        expires_at: object = given.expires_at
    elif isinstance(given, Mapping):
        fields = cast("Mapping[object, Any]", given)
        text, expires_at = fields.get("token"), fields.get("expires_at")
    elif inspect.isawaitable(given):
        rule = "must not be async, as the client is not: give a function, or take an async client"
        return config_fault(_OPTION, rule)
    else:
        return config_fault(_OPTION, "must give an AccessToken, or a mapping with a token", given)
    if not is_token(text):
        return config_fault(_OPTION, f"the token {TOKEN_RULE}")
    expires_at_ms = _expiry_of(expires_at, constants.min_expiry_ms)
    return expires_at_ms if isinstance(expires_at_ms, Fault) else ReadToken(text, expires_at_ms)


def _expiry_of(value: object, least_ms: float) -> float | Fault:
    if value is None:
        return math.inf
    ms = _epoch_ms(value)
    if not math.isfinite(ms) or ms < 0:
        rule = f"{_EXPIRY_RULE}; leave it out for a token that does not expire"
        return config_fault(_OPTION, rule, value)
    if ms < least_ms:
        rule = f"{_EXPIRY_RULE}, and this can only be a life in seconds: give time.time() + life"
        return config_fault(_OPTION, rule)
    if ms > _LAST_MS:
        rule = f"{_EXPIRY_RULE}, and this can only be milliseconds: give a thousandth of it"
        return config_fault(_OPTION, rule)
    return ms


# NaN for what is no time.
def _epoch_ms(value: object) -> float:
    if isinstance(value, datetime.datetime):
        is_aware = value.utcoffset() is not None
        return (value - _EPOCH) / datetime.timedelta(milliseconds=1) if is_aware else math.nan
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            # As exact as a float of seconds is, to the microsecond.
            return round(float(value) * 1e3, 3)
        except OverflowError:
            return math.inf
    return math.nan


LifeStage: TypeAlias = Literal["fresh", "renewable", "ending", "expired"]
"""Stages of a token's life."""


class TokenLife:
    """Life of a token from its arrival.

    Its age is the larger one by the two clocks: the wall clock may be set, and the monotonic one
    may stop while the machine sleeps.
    """

    __slots__ = (
        "_came_ms",
        "_came_wall_ms",
        "_clock",
        "_life_ms",
        "_renew_from_ms",
        "_wait_from_ms",
    )

    def __init__(
        self, clock: Clock, expires_at_ms: float, constants: PolicyConstants, jitter: float
    ) -> None:
        """Begins now.

        Args:
            clock: Tells its age.
            expires_at_ms: Epoch milliseconds; infinite for a token that does not expire.
            constants: Lengths of its stages.
            jitter: Uniform in [0, 1): spreads the renewals over time.
        """
        self._clock = clock
        self._came_ms = clock.now()
        self._came_wall_ms = clock.wall_now()
        self._life_ms = expires_at_ms - self._came_wall_ms
        c = constants
        spread = 1 + c.advisory_jitter * (2 * jitter - 1)
        ahead_ms = min(c.advisory_refresh_ms, self._life_ms * c.advisory_life_share) * spread
        late_ms = min(c.mandatory_refresh_ms, self._life_ms * c.mandatory_life_share)
        self._renew_from_ms = max(self._life_ms - ahead_ms, c.min_token_use_ms)
        self._wait_from_ms = max(self._life_ms - late_ms, c.min_token_use_ms)

    def age(self) -> float:
        """Returns the milliseconds since it came."""
        clock = self._clock
        return max(clock.now() - self._came_ms, clock.wall_now() - self._came_wall_ms)

    def stage(self) -> LifeStage:
        """Returns how far it is."""
        age = self.age()
        if age < self._renew_from_ms:
            return "fresh"
        if age < self._wait_from_ms:
            return "renewable"
        return "ending" if age < self._life_ms else "expired"
