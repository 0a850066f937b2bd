"""Clients of all services of a roster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module
from types import TracebackType
from typing import Any, ClassVar, Self, Unpack, overload

from ameide_sdk._internal.call.lifetime import DrainResult
from ameide_sdk._internal.config.explain import Explanation
from ameide_sdk._internal.options.options import CallSettings, ClientOptions
from ameide_sdk._internal.transport.stub import (
    NO_SETTINGS,
    Ended,
    StubSettings,
    bound_stub,
    drain_async,
    drain_sync,
)
from ameide_sdk._internal.transport.transport import Transport

Row = tuple[str, str, str, str]
"""Name of a service here, module of its stubs, and its async and its sync class."""


class _Roster:
    SERVICES: ClassVar[tuple[Row, ...]] = ()
    _is_async: ClassVar[bool]
    _ameide: Transport
    _settings: StubSettings

    def __init__(self, address: str | None = None, /, **options: Unpack[ClientOptions]) -> None:
        """Makes a client of all services, whose stubs are imported when they are first used.

        Args:
            address: The option `base_url`. Default the variable `AMEIDE_BASE_URL`.
            **options: Those of `ClientOptions`.

        Raises:
            AmeideError: CONFIG_INVALID, naming option and rule.
        """
        if address is not None:
            options["base_url"] = address
        self._ameide = Transport.create(options, is_async=self._is_async)
        self._settings = NO_SETTINGS

    def __getattr__(self, name: str) -> Any:
        """Imports a service at its first touch."""
        if name.startswith("_"):
            raise AttributeError(name)
        row = next((row for row in self.SERVICES if row[0] == name), None)
        if row is None:
            known = ", ".join(each for each, *_ in self.SERVICES)
            raise AttributeError(f"there is no service {name} here; known: {known}")
        _, module, async_class, sync_class = row
        stub = getattr(import_module(module), async_class if self._is_async else sync_class)
        client = bound_stub(stub, self._ameide, self._settings)
        self.__dict__[name] = client
        return client

    def __dir__(self) -> list[str]:
        """Lists the services, too."""
        return sorted({*object.__dir__(self), *(name for name, *_ in self.SERVICES)})

    def load(self) -> None:
        """Imports the stubs of all services ahead of the first call.

        Raises:
            ImportError: If stubs cannot be imported.
        """
        for name, *_ in self.SERVICES:
            getattr(self, name)

    def with_options(self, **settings: Unpack[CallSettings]) -> Self:
        """Returns a client whose calls have these settings, over those of this one.

        Args:
            **settings: Those of `CallSettings`.

        Raises:
            AmeideError: CONFIG_INVALID, when a call is made.
        """
        return self._copy(self._ameide, self._settings.with_more(settings))

    def derive(self, **options: Unpack[ClientOptions]) -> Self:
        """Returns a client with changed options, over those of this one.

        It shares connections, retry budget and lifetime with this client.

        Args:
            **options: Those of `ClientOptions`.

        Raises:
            AmeideError: CONFIG_INVALID, naming option and rule.
        """
        return self._copy(self._ameide.derive(options), self._settings)

    @overload
    def explain(self, method: None = None) -> list[Explanation]: ...
    @overload
    def explain(self, method: str | Callable[..., Any]) -> Explanation: ...
    def explain(self, method: Any = None) -> Explanation | list[Explanation]:
        """Says what holds for a method, and who said so.

        Args:
            method: A method of a client, or its name (`acme.v1.Billing/Charge`). Default all
                methods that were called or asked for.

        Raises:
            AmeideError: CONFIG_INVALID for a method that is not known.
        """
        if isinstance(method, str):
            self.load()
        explained: Explanation | list[Explanation] = self._ameide.explain(method)
        return explained

    def _copy(self, transport: Transport, settings: StubSettings) -> Self:
        other = object.__new__(type(self))
        other._ameide = transport
        other._settings = settings
        return other


class AsyncRosterClient(_Roster):
    """Async clients of all services of a roster, as protoc-gen-ameide-python writes it.

    Derive a class for yours:

        from gen import roster


        class AcmeClient(AsyncRosterClient, roster.AsyncServices):
            SERVICES = roster.SERVICES
    """

    _is_async = True

    def close(self) -> Awaitable[None]:
        """Ends all calls and connections at once, of all clients derived from one another.

        What is returned need not be awaited.
        """
        self._ameide.close()
        return Ended()

    aclose = close

    def drain(self, timeout: float | timedelta | None = None) -> Awaitable[DrainResult]:
        """Takes no more calls, waits for those that were made, retries included, and closes.

        It takes no more calls from the moment it is called, even if nobody awaits it.

        Args:
            timeout: Longest wait in seconds; then the calls are ended. Default 20.

        Raises:
            AmeideError: CONFIG_INVALID.
        """
        return drain_async(self._ameide, timeout)

    async def __aenter__(self) -> Self:
        """Returns itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes it."""
        await self.close()


class RosterClient(_Roster):
    """Sync clients of all services of a roster, as protoc-gen-ameide-python writes it.

    Derive a class for yours:

        from gen import roster


        class AcmeClient(RosterClient, roster.Services):
            SERVICES = roster.SERVICES
    """

    _is_async = False

    def close(self) -> None:
        """Ends all calls and connections at once, of all clients derived from one another."""
        self._ameide.close()

    def drain(self, timeout: float | timedelta | None = None) -> DrainResult:
        """Takes no more calls, waits for those that were made, retries included, and closes.

        Args:
            timeout: Longest wait in seconds; then the calls are ended. Default 20.

        Raises:
            AmeideError: CONFIG_INVALID.
        """
        return drain_sync(self._ameide, timeout)

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes it."""
        self.close()
