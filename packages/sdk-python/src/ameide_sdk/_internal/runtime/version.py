"""Versions, and the header that tells them."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib import metadata

VERSION = "0.0.0"
"""Version of this package; stamped by the release."""


def user_agent(max_bytes: int, app_name: str | None) -> str:
    """Returns the `user-agent` header: product tokens (RFC 9110, section 10.1.5), cut.

    Args:
        max_bytes: Longest header.
        app_name: Product token of the application; None for none.
    """
    whole = _products() if app_name is None else f"{_products()} {app_name}"
    return whole[:max_bytes].rstrip()


# Reading the version of a distribution takes milliseconds.
@cache
def _products() -> str:
    return (
        f"ameide-sdk-python/{VERSION} connect-python/{metadata.version('connectrpc')} "
        f"python/{platform.python_version()} ({sys.platform}; {platform.machine()})"
    )
