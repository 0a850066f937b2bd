"""What the request being served says of its deadline."""

from __future__ import annotations

import math
from typing import Any

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.options import DeadlineSource
from ameide_sdk._internal.policy.policy_table import MAX_SAFE_INTEGER

_RULE = "must have timeout_ms, which is milliseconds, infinity or None; 0 or less is over"


def ambient_timeout(option: str, source: DeadlineSource) -> float | None:
    """Returns the milliseconds left for the request being served; None if there is no deadline.

    Args:
        option: Name of the source in the error.
        source: The request, or a function that returns it.

    Raises:
        AmeideError: CONFIG_INVALID if the source raises or gives anything but milliseconds.
    """
    try:
        ms = _timeout_of(source)
    except Exception as error:
        refusal = config_error(option, f"{_RULE}; it raised")
        refusal.cause = error
        raise refusal from None
    if ms is None:
        return None
    if isinstance(ms, int | float) and not isinstance(ms, bool) and ms > -math.inf:
        return None if ms == math.inf else min(max(ms, 0), MAX_SAFE_INTEGER)
    raise config_error(option, _RULE, ms)


def _timeout_of(source: Any) -> Any:
    is_request = hasattr(source, "timeout_ms") or not callable(source)
    served: Any = source if is_request else source()
    if served is None:
        return None
    ms: Any = served.timeout_ms
    return ms() if callable(ms) else ms
