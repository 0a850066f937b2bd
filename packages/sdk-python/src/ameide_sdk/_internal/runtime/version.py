"""Versions, and the header that tells them."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

VERSION = "0.0.0"
"""Version of this package; stamped by the release."""


def user_agent(max_bytes: int, app_name: str | None) -> str:
    """Returns the `user-agent` header: product tokens (RFC 9110, section 10.1.5), cut.

    Args:
        max_bytes: Longest header.
        app_name: Product token of the application; None for none.
    """
    products = [
        f"ameide-sdk-python/{VERSION}",
        f"connect-python/{metadata.version('connectrpc')}",
        f"python/{platform.python_version()}",
        f"({sys.platform}; {platform.machine()})",
    ]
    if app_name is not None:
        products.append(app_name)
    return " ".join(products)[:max_bytes].rstrip()
