"""Addresses of services."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.insecure_hosts import includes_host, is_canonical_host


@dataclass(frozen=True, slots=True)
class Address:
    """A base address that is used as it was written.

    Attributes:
        scheme: `http` or `https`.
        host: In lower case, an IPv6 address in brackets.
        port: The scheme's own if none is written.
        path: Empty, or begins with a slash; without slashes at its end.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Origin of the address (RFC 6454, section 6.2)."""
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def hostname(self) -> str:
        """Host without brackets."""
        return self.host.strip("[]")

    def __str__(self) -> str:
        """Returns the address without slashes at its end, so that paths can be appended."""
        return self.origin + self.path


@dataclass(frozen=True, slots=True)
class BaseUrlRules:
    """Rules a base address has to keep, beyond those of every address.

    Attributes:
        option: Name of the address in errors: an option or a variable.
    """

    option: str
    allow_insecure_loopback: bool
    allow_insecure_hosts: Sequence[str]


def read_base_url(text: str, rules: BaseUrlRules) -> Address:
    """Reads a base address.

    One that some reader of URLs would turn into another (`https://2130706433`,
    `https://host/a/../b`) is refused: a check of the text would have seen something else.

    Raises:
        AmeideError: CONFIG_INVALID. It never holds the address.
    """
    if _HOST_ALONE.match(text) is not None:
        raise config_error(rules.option, "needs its scheme, for instance https://api.example.com")
    address = _read(text)
    if isinstance(address, str):
        shown = (text,) if address == _NO_URL else ()
        raise config_error(rules.option, address, *shown)
    insecure = _insecure(address, rules)
    if insecure is not None:
        raise config_error(rules.option, insecure)
    return address


def is_of_origin(text: str | None, origin: str) -> bool:
    """Reports whether a text is an address of this origin."""
    address = None if text is None else _read(text)
    return isinstance(address, Address) and address.origin == origin


_PORTS = {"https": 443, "http": 80}

_NO_URL = "must be a URL"
_NOT_AS_USED = (
    "must be written as it is used: https://host/path in visible ASCII, names in punycode, "
    "IP addresses in full, no backslashes and no empty, . or .. segments"
)

# Matches `api.example.com` and `localhost:8080`, whose host the URL Standard takes for a scheme.
_HOST_ALONE = re.compile(r"[\w.-]+(:\d+)?(/|\Z)", re.ASCII)
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_USER = re.compile(r"[/\\]*[^/]*@")
_AS_USED = re.compile(r"//(\[[^\]/]*\]|[^/:\[\]]+)(?::([0-9]+))?(/[!-~]*)?")
# Characters that readers of URLs write otherwise, and percent signs that encode nothing.
_NOT_IN_PATH = re.compile(r"[\"<>\\^`{}]|%(?![0-9A-Fa-f]{2})")


# Returns the rule that a text breaks, if it is no address.
def _read(text: str) -> Address | str:
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _NO_URL
    rest = text[scheme.end() :]
    if "?" in text or "#" in text or _USER.match(rest) is not None:
        return "must have no user, password, query or fragment"
    name = scheme[1].lower()
    if name not in _PORTS:
        return "must be https, or http where that is allowed"
    parts = _AS_USED.fullmatch(rest)
    if parts is None or scheme.start(1) != 0:
        return _NOT_AS_USED
    host, digits, path = parts[1].lower(), parts[2] or "", (parts[3] or "").rstrip("/")
    if len(digits) > 5 or int(digits or 1) > 65_535:
        return _NO_URL
    if digits and int(digits) == 0:
        return "must have a port from 1 to 65535"
    if digits.startswith("0") or not is_canonical_host(host) or not _is_path(path):
        return _NOT_AS_USED
    return Address(name, host, int(digits) if digits else _PORTS[name], path)


# Reports whether a path has no segments that readers of URLs take out.
def _is_path(path: str) -> bool:
    if _NOT_IN_PATH.search(path) is not None:
        return False
    segments = path.lower().replace("%2e", ".").split("/")[1:]
    return not any(segment in ("", ".", "..") for segment in segments)


def _insecure(address: Address, rules: BaseUrlRules) -> str | None:
    if address.scheme == "https" or includes_host(rules.allow_insecure_hosts, address.host):
        return None
    if not _is_loopback(address.host):
        return (
            "must be https: plain http is for loopback addresses and for hosts that "
            "allow_insecure_hosts lists"
        )
    if not rules.allow_insecure_loopback:
        return "plain http to a loopback address needs allow_insecure_loopback=True"
    return None


def _is_loopback(host: str) -> bool:
    if host in ("localhost", "[::1]"):
        return True
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False
