"""A client and all clients derived from it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ameide_sdk._internal.auth.auth import Auth
from ameide_sdk._internal.auth.credential_source import (
    CredentialSource,
    create_credential_source,
)
from ameide_sdk._internal.auth.provider_call import AsyncProviderCalls, SyncProviderCalls
from ameide_sdk._internal.auth.token_store import TokenStore
from ameide_sdk._internal.call.client_context import ClientContext
from ameide_sdk._internal.call.lifetime import Lifetime, closed_error
from ameide_sdk._internal.config.config import ClientConfig, ConfigContext, create_config
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.http.http import ClientConnections
from ameide_sdk._internal.options.environment import Environment, read_environment
from ameide_sdk._internal.options.option_layers import OptionLayers
from ameide_sdk._internal.policy.budget import Budget, create_budget
from ameide_sdk._internal.policy.policy import BEHAVIOR_1, Protocol
from ameide_sdk._internal.policy.policy_table import BOUNDS
from ameide_sdk._internal.runtime.callbacks import tell
from ameide_sdk._internal.runtime.recent_map import RecentMap
from ameide_sdk._internal.runtime.runtime import Runtime, Threads
from ameide_sdk._internal.runtime.threads import SystemThreads
from ameide_sdk._internal.runtime.version import user_agent
from ameide_sdk._internal.telemetry.log import LogLevel, create_log_sink, warn
from ameide_sdk._internal.telemetry.observer import CallInfo, CallSink, ObserverSink
from ameide_sdk._internal.telemetry.telemetry import Telemetry, TelemetryOptions, global_telemetry
from ameide_sdk._internal.wire.compression import accepted
from ameide_sdk._internal.wire.get_request import AddressLimit
from ameide_sdk._internal.wire.wire_shape import wire_shapes

# Number of misspelt selectors after which a client gets no more warnings.
_MAX_WARNINGS = 100


class ClientFamily:
    """What a client shares with those derived from it: connections, budgets, tokens, a lifetime."""

    def __init__(self, runtime: Runtime, *, is_async: bool) -> None:
        """Begins open."""
        self.runtime = runtime
        self.is_async = is_async
        self.threads: Threads = runtime.threads or SystemThreads()
        self.lifetime = Lifetime(runtime.clock, self._on_close)
        self.connections = ClientConnections(is_async=is_async)
        calls = AsyncProviderCalls() if is_async else SyncProviderCalls(self.threads)
        self._tokens = TokenStore(calls)
        origins = BOUNDS.max_origins
        self._budgets: RecentMap[str, Budget] = RecentMap(origins)
        self._addresses: RecentMap[str, AddressLimit] = RecentMap(origins)
        self._lock = threading.Lock()
        # By the identity of what the user gave, which is kept.
        self._sources: RecentMap[int, tuple[Auth, CredentialSource]] = RecentMap(origins)
        self._told: set[str] = set()

    def context_for(self, layers: OptionLayers, parent: ClientConfig | None) -> ClientContext:
        """Makes what all calls of a transport share.

        Args:
            parent: Configuration of the transport that it is derived from.

        Raises:
            AmeideError: CONFIG_INVALID, naming option and rule.
        """
        runtime = self.runtime
        logger = next((each for layer in layers if (each := layer.get("logger"))), None)
        config = create_config(
            layers,
            ConfigContext(
                environment=_environment(parent),
                warn=lambda problem: self._tell_once(logger, f"ameide {problem}"),
                # Behavior versions bring their own numbers; only a test's override them.
                constants=None if runtime.constants is BEHAVIOR_1 else runtime.constants,
                parent=parent,
            ),
        )
        options = config.options
        self._log_once(config)
        protocol: Protocol = options.get("protocol") or "connect"
        return ClientContext(
            config=config,
            constants=config.constants,
            runtime=runtime,
            clock=runtime.clock,
            budget=self._budgets.get(config.origin, lambda: create_budget(config.budget)),
            addresses=self._addresses.get(
                config.origin, lambda: AddressLimit(config.constants.max_get_url_length)
            ),
            has_interceptors=len(options.get("interceptors") or ()) > 0,
            protocol=protocol,
            shapes=wire_shapes(
                protocol,
                accepted=next(iter(accepted(options)), None),
                read_max_bytes=config.read_max_bytes,
            ),
            user_agent=user_agent(config.constants.max_user_agent_bytes, options.get("app_name")),
            lifetime=self.lifetime,
            credentials=self._credentials,
            sinks=_sinks(config),
        )

    def _on_close(self, _reason: AmeideError) -> None:
        self._tokens.close(lambda: closed_error("the client is closed"))
        self.connections.close()

    def _credentials(self, auth: Auth) -> CredentialSource:
        def create() -> tuple[Auth, CredentialSource]:
            return auth, create_credential_source(auth, self.runtime, self._tokens)

        kept, source = self._sources.get(id(auth), create)
        assert kept is auth
        return source

    def _log_once(self, config: ClientConfig) -> None:
        logger = config.options.get("logger")
        if config.environment.retries_off:
            text = "ameide retries are off: AMEIDE_SDK_RETRIES=off beats all options"
            self._tell_once(logger, text)
        if config.withheld:
            variables = " and ".join(config.withheld)
            self._tell_once(
                logger,
                f"ameide {variables} not sent: the base address is not AMEIDE_BASE_URL's; "
                "environment_credentials=True sends it",
            )
        fields = config.document.unknown_fields
        if fields:
            text = "ameide policy document has parts this version cannot use; ignored"
            self._tell_once(logger, f"{text}: {', '.join(fields)}", {"fields": list(fields)})

    # Clients may be derived for every request, with the same selectors.
    def _tell_once(
        self,
        logger: logging.Logger | logging.LoggerAdapter[Any] | None,
        text: str,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        with self._lock:
            if text in self._told or len(self._told) >= _MAX_WARNINGS:
                return
            self._told.add(text)
        if logger is not None:
            tell(warn, logger, text, fields or {})


# Read where a family begins: what is derived is of the same process.
def _environment(parent: ClientConfig | None) -> Callable[[int], Environment]:
    if parent is None:
        return lambda max_max_attempts: read_environment(os.environ, max_max_attempts)
    inherited = parent.environment
    return lambda _max_max_attempts: inherited


def _sinks(config: ClientConfig) -> Callable[[CallInfo], Sequence[CallSink]]:
    options = config.options
    logger, observer = options.get("logger"), options.get("observer")
    watching: list[CallSink] = []
    if logger is not None:
        log = create_log_sink(logger, log_level_of(config))
        if log is not None:
            watching.append(log)
    if observer is not None:
        watching.append(ObserverSink(observer))
    stated = options.get("telemetry")
    if stated is False:
        return lambda _call: watching
    telemetry: Telemetry | None = global_telemetry() if stated is None else stated
    if telemetry is None:
        return lambda _call: watching
    begin = telemetry.begin
    choices = TelemetryOptions(
        baggage=tuple(options.get("baggage") or ()),
        attempt_spans=options.get("attempt_spans") is True,
    )

    def sinks(call: CallInfo) -> Sequence[CallSink]:
        traced = tell(begin, call, choices)
        return watching if traced is None else [traced, *watching]

    return sinks


def log_level_of(config: ClientConfig) -> LogLevel:
    """Returns the level that a client logs at."""
    return config.options.get("log_level") or config.document.log_level or "warn"
