"""Hosts that plain http may go to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TypeGuard

INSECURE_HOST_RULE = (
    "must be a list of host names or IP addresses without port, written as in the base address; "
    "a name may begin with one *., if two labels follow"
)
"""States the rule of an entry."""

# Code points that the URL Standard refuses in a host, or writes otherwise, and letters in upper
# case.
_FORBIDDEN = re.compile(r"[^!-~]|[A-Z#%/:<>?@\[\\\]^|]")
# A last label that makes the URL Standard read the whole host as an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTTED_NUMBER = re.compile(r"[0-9.]+")


def is_insecure_host(entry: object) -> TypeGuard[str]:
    """Reports whether a value names hosts that plain http may go to.

    `*.` stands for one or more labels, and needs at least two behind it: `*.com` would match hosts
    of many owners.
    """
    if not isinstance(entry, str):
        return False
    lower = entry.lower()
    name = lower.removeprefix("*.")
    return is_canonical_host(name) and "*" not in name and (name == lower or _is_parent(name))


def includes_host(entries: Iterable[str], hostname: str) -> bool:
    """Reports whether a list of hosts includes one, given in the spelling of the URL Standard."""
    for entry in entries:
        lower = entry.lower()
        if lower.startswith("*."):
            if hostname.endswith(lower[1:]) and len(hostname) >= len(lower):
                return True
        elif hostname == lower:
            return True
    return False


def is_canonical_host(name: str) -> bool:
    """Reports whether the URL Standard (host parser and serializer) writes a host like this.

    It would turn any other text into another host, or into more than a host.
    """
    if name.startswith("["):
        return name.endswith("]") and _is_canonical_ipv6(name[1:-1])
    if name == "" or _FORBIDDEN.search(name) is not None:
        return False
    if _NUMBER.fullmatch(name.removesuffix(".").rpartition(".")[2]) is not None:
        return _is_canonical_ipv4(name)
    return True


def _is_canonical_ipv4(text: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


# An IPv4 address in one of IPv6 is written in hexadecimal.
def _is_canonical_ipv6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    mapped = address.ipv4_mapped
    if mapped is not None:
        high, low = divmod(int(mapped), 0x1_0000)
        return text == f"::ffff:{high:x}:{low:x}"
    return text == address.compressed and address.scope_id is None


def _is_parent(name: str) -> bool:
    labels = name.removesuffix(".").split(".")
    return len(labels) > 1 and "" not in labels and _DOTTED_NUMBER.fullmatch(name) is None
