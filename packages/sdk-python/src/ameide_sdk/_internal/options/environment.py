"""Settings from environment variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ameide_sdk._internal.auth.credential import TOKEN_RULE, is_token
from ameide_sdk._internal.errors.config_error import (
    config_error,
    config_errors,
    duration_fault,
    naming_config_error,
    naming_config_fault,
)
from ameide_sdk._internal.options.tenant import TENANT_RULE, is_tenant
from ameide_sdk._internal.policy.policy import PolicyLayer
from ameide_sdk._internal.policy.policy_table import ROWS, bounds_of


@dataclass(frozen=True, slots=True)
class Environment:
    """Settings from the environment.

    Attributes:
        layers: Policy settings for every method, a layer for each variable.
        retries_off: Operator's kill switch: nothing is retried, whatever code says.
    """

    base_url: str | None = None
    tenant: str | None = None
    token: str | None = field(default=None, repr=False)
    layers: tuple[PolicyLayer, ...] = ()
    retries_off: bool = False


def read_environment(env: Mapping[str, str], max_max_attempts: int) -> Environment:
    """Reads the variables that the SDK knows. An empty variable counts as unset.

    Raises:
        AmeideError: CONFIG_INVALID naming the variable.
    """
    tenant = env.get("AMEIDE_TENANT") or None
    token = env.get("AMEIDE_TOKEN") or None
    retries = env.get("AMEIDE_SDK_RETRIES") or "on"
    if tenant is not None and not is_tenant(tenant):
        raise config_error("AMEIDE_TENANT", TENANT_RULE, tenant)
    if token is not None and not is_token(token):
        raise config_error("AMEIDE_TOKEN", TOKEN_RULE, token)
    if retries not in ("on", "off"):
        rule = "must be off or on"
        raise naming_config_error("AMEIDE_SDK_RETRIES", rule, retries, ["off", "on"])
    layers: list[PolicyLayer] = []
    for name, row in ROWS:
        text = env.get(row.variable) if row.variable is not None else None
        if row.variable is None or row.is_ == "flag" or not text:
            continue
        value = _integer(row.variable, text, *bounds_of(row, max_max_attempts))
        layers.append(PolicyLayer(f"environment: {row.variable}", {name: value}))
    return Environment(
        base_url=env.get("AMEIDE_BASE_URL") or None,
        tenant=tenant,
        token=token,
        layers=tuple(layers),
        retries_off=retries == "off",
    )


_DIGITS = re.compile(r"0*([0-9]{1,16})")
_SHOWN_DIGITS = re.compile(r"[0-9]{1,15}")


def _integer(variable: str, text: str, least: int, most: int) -> int:
    digits = _DIGITS.fullmatch(text)
    if digits is not None and least <= int(digits[1]) <= most:
        return int(digits[1])
    got = int(text) if _SHOWN_DIGITS.fullmatch(text) is not None else text
    rule = f"must be an integer from {least} to {most}"
    fault = duration_fault if variable.endswith("_MS") else naming_config_fault
    raise config_errors([fault(variable, rule, got)])
