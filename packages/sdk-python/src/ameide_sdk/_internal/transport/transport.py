"""Typed clients of one address, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from connectrpc.method import MethodInfo
from connectrpc.protocol import ProtocolType

from ameide_sdk._internal.call.attempt_interceptor import (
    AsyncAttemptInterceptor,
    SyncAttemptInterceptor,
)
from ameide_sdk._internal.call.call_plan import CallPlan, CallSettings
from ameide_sdk._internal.config.config import ClientConfig
from ameide_sdk._internal.config.descriptors import Method, info_of, method_of, methods_of
from ameide_sdk._internal.config.explain import Explanation, explain_method
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.check_combinations import http_version_of
from ameide_sdk._internal.options.option_layers import OptionLayers, snapshot
from ameide_sdk._internal.options.options import ClientOptions
from ameide_sdk._internal.runtime.runtime import SYSTEM_RUNTIME, Runtime
from ameide_sdk._internal.transport.client_family import ClientFamily
from ameide_sdk._internal.transport.fork import check_not_forked
from ameide_sdk._internal.wire.async_recorder import AsyncRecorder
from ameide_sdk._internal.wire.codec import codec_of
from ameide_sdk._internal.wire.compression import accepted, sent
from ameide_sdk._internal.wire.connection_pools import Pool
from ameide_sdk._internal.wire.sync_recorder import SyncRecorder
from ameide_sdk._internal.wire.unstreamable import unstreamable

_PROTOCOLS = {
    "connect": ProtocolType.CONNECT,
    "grpc": ProtocolType.GRPC,
    "grpc-web": ProtocolType.GRPC_WEB,
}


class Transport:
    """The calls of one address, with one configuration."""

    def __init__(
        self, layers: OptionLayers, family: ClientFamily, parent: ClientConfig | None
    ) -> None:
        """Checks the options.

        Raises:
            AmeideError: CONFIG_INVALID, naming option and rule.
        """
        self.family = family
        self.client = family.context_for(layers, parent)
        self.config = self.client.config
        self._connections = family.connections.of_client(self.config)
        self._recorder = (
            AsyncRecorder(self._pool)
            if family.is_async
            else SyncRecorder(self._pool, family.threads)
        )
        self._stubs: set[type] = set()

    @staticmethod
    def create(options: ClientOptions, *, is_async: bool) -> Transport:
        """Makes the first transport of a family."""
        given: dict[str, Any] = dict(options)
        # Of tests alone.
        runtime: Runtime = given.pop("_runtime", SYSTEM_RUNTIME)
        stated = snapshot(cast("ClientOptions", given))
        return Transport((stated,), ClientFamily(runtime, is_async=is_async), None)

    def derive(self, options: ClientOptions) -> Transport:
        """Makes a transport with changed options, which shares connections, budget and lifetime."""
        return Transport((snapshot(options), *self.config.layers), self.family, self.config)

    def plan(
        self,
        stub: type,
        info: MethodInfo[Any, Any],
        settings: CallSettings,
        runtime_ms: float | None,
        headers: object,
        claim_key: Callable[[str], None],
    ) -> CallPlan:
        """Works out what holds for a call.

        Raises:
            AmeideError: If it cannot be made.
        """
        check_not_forked()
        refusal = self.family.lifetime.refusal()
        if refusal is not None:
            raise refusal
        method = method_of(info, stub)
        self._check_streamable(method)
        return CallPlan(self.client, method, settings, runtime_ms, headers, claim_key)

    def sends_get(self, plan: CallPlan, *, asked: bool) -> bool:
        """Reports whether a call goes out as GET."""
        wanted = asked or self.config.options.get("http_get") is True
        return wanted and plan.protocol == "connect" and plan.for_method.sends_get

    def stub_arguments(self, stub: type) -> dict[str, Any]:
        """Returns what Connect's client of a generated class is made with."""
        self._stubs.add(stub)
        options = self.config.options
        interceptors: list[Any] = list(options.get("interceptors") or ())
        if interceptors:
            innermost = AsyncAttemptInterceptor if self.family.is_async else SyncAttemptInterceptor
            interceptors.append(innermost())
        return {
            "codec": codec_of(stub, options.get("format") or "binary", options.get("registry")),
            "protocol": _PROTOCOLS[self.client.protocol],
            "accept_compression": accepted(options),
            "send_compression": sent(options),
            "read_max_bytes": self.config.read_max_bytes,
            "interceptors": interceptors,
            "http_client": self._recorder,
        }

    def explain(self, method: str | Callable[..., Any] | None = None) -> Any:
        """Says what holds for a method, and who said so; without one, for all that are known."""
        if method is None:
            return [self._explain(each) for each in self.config.known_methods()]
        return self._explain(self._method_named(method))

    def close(self) -> None:
        """Ends all calls at once, of the whole family."""
        self.family.lifetime.close()

    def _explain(self, method: Method) -> Explanation:
        config = self.config
        return explain_method(
            config.for_method(method, calls=False),
            observe=config.observe,
            connection=self._connections.explained,
        )

    def _method_named(self, method: str | Callable[..., Any]) -> Method:
        if not isinstance(method, str):
            info = info_of(method)
            owner: object = getattr(method, "__self__", None)
            if info is not None:
                return method_of(info, type(owner))
        for stub in tuple(self._stubs):
            for each in methods_of(stub):
                if method in (each.name, f"/{each.name}"):
                    return each
        rule = "must be a method of a client, or the name of one, such as acme.v1.Billing/Charge"
        raise config_error("method", rule)

    def _check_streamable(self, method: Method) -> None:
        options = self.config.options
        if (
            method.kind == "bidi_streaming"
            and options.get("transport") is None
            and http_version_of(options, self.config.origin) == "1.1"
        ):
            raise unstreamable(
                f"{method.name} streams both ways, and HTTP/1.1 cannot; "
                'give the option http_version="2"'
            )

    # A call may have waited while the client was closed.
    def _pool(self) -> Pool:
        closed = self.family.lifetime.closed()
        if closed is not None:
            raise closed
        return self._connections.pool()
