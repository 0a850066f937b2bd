"""The tenant of a call."""

from __future__ import annotations

import re
from typing import TypeGuard

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.policy.policy import TenantMode

TENANT_RULE = "must be 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or a digit"
"""States the rule of `is_tenant`."""

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def is_tenant(value: object) -> TypeGuard[str]:
    """Reports whether a value is a tenant: 1 to 128 characters, the first a letter or digit."""
    return isinstance(value, str) and _TENANT.fullmatch(value) is not None


def tenant_for(
    mode: TenantMode,
    method: str,
    call_tenant: str | None,
    client_tenant: str | None,
    withheld: str,
    *,
    of_call: bool,
) -> str | None:
    """Returns the tenant of a call, or None for none.

    Args:
        mode: What the policy says of tenants.
        method: Full name of the method.
        call_tenant: Tenant of the call itself.
        client_tenant: Tenant of the client.
        withheld: If the client has none: why it does not get that of the environment, or "".
        of_call: True if the call states a tenant, or None for none.

    Raises:
        AmeideError: CONFIG_INVALID if the method requires a tenant and there is none, or forbids
            one and the call names one.
    """
    if mode == "forbidden":
        if of_call and call_tenant is not None:
            raise config_error("tenant", f"{method} must not be called with a tenant")
        return None
    tenant = call_tenant if of_call else client_tenant
    if mode == "required" and tenant is None:
        rule = f"{method} requires a tenant, and neither call nor client has one{withheld}"
        raise config_error("tenant", rule)
    return tenant
