"""The proxy on the way to an origin."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from ameide_sdk._internal.errors.config_error import config_error

_RULE = "must be an http or https address without a path, such as http://127.0.0.1:3128"
_LOOPBACK = re.compile(r"(?:.+\.)?localhost\.?|127(?:\.\d+){3}|::1")
_HTTP = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """Proxy, and the credential it is told.

    Attributes:
        url: Address without user and password.
        credential: User and password, which must not appear in any text; None for none.
        source: Place where it was stated.
    """

    url: str
    credential: tuple[str, str] | None = field(repr=False)
    source: str


def proxy_of(
    stated: str | None,
    origin: str,
    *,
    is_stated: bool,
    environment: Mapping[str, str] | None = None,
) -> ProxyAddress | None:
    """Returns the proxy on the way to an origin: the option's, or the environment's.

    Loopback addresses take none: they are this machine's, and a proxy elsewhere has its own.

    Args:
        stated: The option; None for no proxy.
        origin: Origin of the requests.
        is_stated: True if the option was given.
        environment: Variables. Default: those of the process.

    Raises:
        AmeideError: CONFIG_INVALID naming option or variable, never its value.
    """
    target = urlsplit(origin)
    host = target.hostname or ""
    if is_stated:
        found = None if stated is None else _parse(stated, "proxy", "code: client")
    else:
        variables = os.environ if environment is None else environment
        found = _of_environment(variables, target.scheme, host, target.port)
    if found is None:
        return None
    is_ours = _LOOPBACK.fullmatch(host) is not None
    is_elsewhere = _LOOPBACK.fullmatch(urlsplit(found.url).hostname or "") is None
    return None if is_ours and is_elsewhere else found


def _of_environment(
    variables: Mapping[str, str], scheme: str, host: str, port: int | None
) -> ProxyAddress | None:
    upper = f"{scheme.upper()}_PROXY"
    # A request's header Proxy becomes HTTP_PROXY in a CGI script.
    names = [upper.lower()] if "REQUEST_METHOD" in variables else [upper.lower(), upper]
    name = next((each for each in names if variables.get(each)), None)
    # Other kinds, such as SOCKS, are meant for other programs.
    if name is None or _HTTP.match(variables[name]) is None:
        return None
    exempt = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    if _is_exempt(exempt, host, port or (443 if scheme == "https" else 80)):
        return None
    return _parse(variables[name], name, f"environment: {name}")


# `*`, a host, one with its port, a domain with or without a dot before it, an address, or a range.
def _is_exempt(entries: str, host: str, port: int) -> bool:
    for each in entries.split(","):
        entry = each.strip().lower()
        if entry == "*" or entry in (host, f"{host}:{port}", f"[{host}]", f"[{host}]:{port}"):
            return True
        domain = entry.removeprefix("*").removeprefix(".")
        if domain and (host == domain or host.endswith(f".{domain}")):
            return True
        if _is_in_range(entry, host):
            return True
    return False


def _is_in_range(entry: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def _parse(address: str, option: str, source: str) -> ProxyAddress:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise config_error(option, _RULE) from None
    is_plain = parts.path in ("", "/") and not parts.query and not parts.fragment
    if parts.scheme not in ("http", "https") or not host or not is_plain:
        raise config_error(option, _RULE)
    credential = None
    if parts.username or parts.password:
        credential = (unquote(parts.username or ""), unquote(parts.password or ""))
    bracketed = f"[{host}]" if ":" in host else host
    suffix = "" if port is None else f":{port}"
    return ProxyAddress(f"{parts.scheme}://{bracketed}{suffix}", credential, source)
