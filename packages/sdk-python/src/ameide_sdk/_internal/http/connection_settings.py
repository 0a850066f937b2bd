"""What a client's connections are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ameide_sdk._internal.config.config import ClientConfig
from ameide_sdk._internal.config.explain import ExplainedValue
from ameide_sdk._internal.http.proxy import ProxyAddress, proxy_of
from ameide_sdk._internal.http.tls_material import TlsMaterial, tls_material
from ameide_sdk._internal.options.check_combinations import HttpVersion, http_version_of
from ameide_sdk._internal.options.options import ClientOptions
from ameide_sdk._internal.policy.policy_table import default_number


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """Settings of connections to an origin.

    Clients of a family whose settings are equal share connections.

    Attributes:
        is_grpc: True if the protocol needs HTTP/2.
        proxy: Proxy on the way; None for none.
    """

    origin: str
    http_version: HttpVersion
    is_grpc: bool
    connect_timeout_ms: float
    max_connections: int
    max_http2_connections: int
    tls: TlsMaterial
    proxy: ProxyAddress | None

    def explained(self, config: ClientConfig) -> Mapping[str, ExplainedValue]:
        """Returns the entries for `explain`."""
        options = config.options
        defaults = f"built-in (behavior {options.get('behavior', 1)})"

        def of(value: object, name: str) -> ExplainedValue:
            return ExplainedValue(value, "code: client" if name in options else defaults)

        proxy = self.proxy
        return {
            "httpVersion": of(self.http_version, "http_version"),
            "connectTimeoutMs": of(self.connect_timeout_ms, "connect_timeout"),
            "maxConnections": of(self.max_connections, "max_connections"),
            "proxy": of(None, "proxy")
            if proxy is None
            else ExplainedValue(proxy.url, proxy.source),
        }


def connection_settings(config: ClientConfig) -> ConnectionSettings:
    """Reads the settings of a client's connections, and the environment's part in them now.

    Raises:
        AmeideError: CONFIG_INVALID naming the option and the rule.
    """
    options: ClientOptions = config.options
    return ConnectionSettings(
        origin=config.origin,
        http_version=http_version_of(options, config.origin),
        is_grpc=options.get("protocol") == "grpc",
        connect_timeout_ms=config.connect_timeout_ms,
        max_connections=options.get("max_connections", default_number("max_connections")),
        max_http2_connections=config.constants.max_http2_connections,
        tls=tls_material(options.get("tls", {})),
        proxy=proxy_of(options.get("proxy"), config.origin, is_stated="proxy" in options),
    )
