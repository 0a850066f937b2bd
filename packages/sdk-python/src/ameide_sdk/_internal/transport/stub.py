"""Puts the policy under the generated clients of Connect, async and sync."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from datetime import timedelta
from typing import Any, Self, TypeVar, Unpack, cast, overload

from connectrpc.client import ConnectClient, ConnectClientSync
from connectrpc.method import MethodInfo

from ameide_sdk._internal.call.attempt import Attempt
from ameide_sdk._internal.call.call_plan import CallPlan
from ameide_sdk._internal.call.lifetime import DrainResult
from ameide_sdk._internal.call.response_metadata import current_metadata
from ameide_sdk._internal.call.stream_call import ClientStreamCall, StreamCall
from ameide_sdk._internal.call.stream_input import AsyncStreamInput, SyncStreamInput
from ameide_sdk._internal.call.unary_call import UnaryCall
from ameide_sdk._internal.config.explain import Explanation
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.check_call_options import check_request, check_stub
from ameide_sdk._internal.options.check_options import check_drain_options
from ameide_sdk._internal.options.options import CallSettings, ClientOptions, milliseconds
from ameide_sdk._internal.runtime.waiter import AsyncWaiter, SyncWaiter
from ameide_sdk._internal.transport.streams import (
    AsyncMessages,
    AsyncStream,
    SyncMessages,
    SyncStream,
)
from ameide_sdk._internal.transport.transport import Transport
from ameide_sdk._internal.wire.current_recording import expecting

_Stub = TypeVar("_Stub", bound=ConnectClient | ConnectClientSync)


class StubSettings:
    """Settings of the calls of a stub, and the method that an idempotency key of theirs is for."""

    __slots__ = ("_lock", "_method", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Begins with no method."""
        self.values = values
        self._method: str | None = None
        self._lock = threading.Lock()

    def with_more(self, values: Mapping[str, Any]) -> StubSettings:
        """Returns these, and others over them."""
        return StubSettings({**self.values, **values})

    def claim(self, method: str) -> None:
        """Says that the idempotency key is sent to a method.

        Raises:
            AmeideError: CONFIG_INVALID, if it has been for another.
        """
        with self._lock:
            if self._method is None:
                self._method = method
        if self._method != method:
            rule = f"is for one method, and was used for {self._method}: {method} needs its own"
            raise config_error("idempotency_key", rule)


NO_SETTINGS = StubSettings({})


class Ended(Awaitable[None]):
    """Something that has ended, for those who await it."""

    def __await__(self) -> Generator[Any, None, None]:
        """Returns at once."""
        yield from ()


class Shell:
    """What the clients of both kinds have."""

    _ameide: Transport
    _settings: StubSettings

    def with_options(self, **settings: Unpack[CallSettings]) -> Self:
        """Returns a client whose calls have these settings, over those of this one.

        It shares everything with this client, and costs little: make one for each call.

        ```python
        await threads.with_options(tenant="acme", timeout=0.5).create_thread(request)
        ```

        Args:
            **settings: Those of `CallSettings`; they beat all others.

        Raises:
            AmeideError: CONFIG_INVALID, when a call is made.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._settings = self._settings.with_more(settings)
        return other

    def derive(self, **options: Unpack[ClientOptions]) -> Self:
        """Returns a client with changed options, over those of this one.

        It shares connections, retry budget and lifetime with this client.

        Args:
            **options: Those of `ClientOptions`.

        Raises:
            AmeideError: CONFIG_INVALID, naming option and rule.
        """
        return cast(Self, bound_stub(type(self), self._ameide.derive(options), self._settings))

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
        explained: Explanation | list[Explanation] = self._ameide.explain(method)
        return explained

    def _plan(
        self, method: MethodInfo[Any, Any], headers: object, timeout_ms: float | None
    ) -> CallPlan:
        settings = self._settings
        return self._ameide.plan(
            type(self), method, settings.values, timeout_ms, headers, settings.claim
        )


class AsyncShell(Shell, ConnectClient):
    """The policy over an async client."""

    async def execute_unary(
        self,
        *,
        request: Any,
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
        use_get: bool = False,
    ) -> Any:
        """Makes a call and all its attempts."""
        plan = self._plan(method, headers, timeout_ms)
        check_request(request, method.input)
        filled = plan.with_request_id(request)
        get = self._ameide.sends_get(plan, asked=use_get)
        execute = super().execute_unary

        async def send(attempt: Attempt) -> Any:
            with expecting(attempt.recording):
                return await execute(
                    request=filled, method=method, headers=plan.headers.early(), use_get=get
                )

        waiter = AsyncWaiter(plan.client.runtime)
        return await waiter.run(UnaryCall(plan, waiter, send, current_metadata()).run())

    async def execute_client_stream(
        self,
        *,
        request: AsyncIterable[Any],
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
    ) -> Any:
        """Makes a call that streams messages, and all its attempts."""
        plan = self._plan(method, headers, timeout_ms)
        messages = AsyncStreamInput(request, plan.with_request_id)
        execute = super().execute_client_stream
        waiter = AsyncWaiter(plan.client.runtime)

        async def send(attempt: Attempt) -> Any:
            with expecting(attempt.recording):
                given = messages.for_attempt(lambda: attempt.over, waiter.wake)
                return await execute(request=given, method=method, headers=plan.headers.early())

        call = ClientStreamCall(plan, waiter, send, messages, current_metadata())
        return await waiter.run(call.run())

    def execute_server_stream(
        self,
        *,
        request: Any,
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
    ) -> AsyncIterator[Any]:
        """Makes a stream, which begins when its first message is asked for."""
        plan = self._plan(method, headers, timeout_ms)
        check_request(request, method.input)
        filled = plan.with_request_id(request)
        execute = super().execute_server_stream

        def open_messages(attempt: Attempt) -> AsyncMessages:
            messages = execute(request=filled, method=method, headers=plan.headers.early())
            return AsyncMessages(attempt.recording, messages)

        waiter = AsyncWaiter(plan.client.runtime)
        call = StreamCall(plan, waiter, open_messages, None, current_metadata())
        return AsyncStream(call, waiter)

    def execute_bidi_stream(
        self,
        *,
        request: AsyncIterable[Any],
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
    ) -> AsyncIterator[Any]:
        """Makes a stream both ways, which begins when its first message is asked for."""
        plan = self._plan(method, headers, timeout_ms)
        given = AsyncStreamInput(request, plan.with_request_id)
        execute = super().execute_bidi_stream
        waiter = AsyncWaiter(plan.client.runtime)

        def open_messages(attempt: Attempt) -> AsyncMessages:
            messages = execute(
                request=given.for_attempt(lambda: attempt.over, waiter.wake),
                method=method,
                headers=plan.headers.early(),
            )
            return AsyncMessages(attempt.recording, messages)

        call = StreamCall(plan, waiter, open_messages, given, current_metadata())
        return AsyncStream(call, waiter)

    def close(self) -> Awaitable[None]:  # type: ignore[override]
        """Ends all calls and connections at once, of all clients derived from one another.

        Calls that are under way or wait for anything fail with the reason CLIENT_CLOSED, as do
        later ones. What is returned need not be awaited.
        """
        self._ameide.close()
        return Ended()

    aclose = close

    async def __aexit__(self, *_: object) -> None:
        """Closes, even where an RPC is named so."""
        await AsyncShell.close(self)

    def drain(self, timeout: float | timedelta | None = None) -> Awaitable[DrainResult]:
        """Takes no more calls, waits for those that were made, retries included, and closes.

        It takes no more calls from the moment it is called, even if nobody awaits it.

        Args:
            timeout: Longest wait in seconds; then the calls are ended. Default 20.

        Raises:
            AmeideError: CONFIG_INVALID.
        """
        return drain_async(self._ameide, timeout)


class SyncShell(Shell, ConnectClientSync):
    """The policy over a sync client."""

    def execute_unary(
        self,
        *,
        request: Any,
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
        use_get: bool = False,
    ) -> Any:
        """Makes a call and all its attempts."""
        plan = self._plan(method, headers, timeout_ms)
        check_request(request, method.input)
        filled = plan.with_request_id(request)
        get = self._ameide.sends_get(plan, asked=use_get)
        execute = super().execute_unary

        def send(attempt: Attempt) -> Any:
            with expecting(attempt.recording):
                return execute(
                    request=filled, method=method, headers=plan.headers.early(), use_get=get
                )

        waiter = self._waiter(plan)
        return waiter.run(UnaryCall(plan, waiter, send, current_metadata()).run())

    def execute_client_stream(
        self,
        *,
        request: Iterable[Any],
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
    ) -> Any:
        """Makes a call that streams messages, and all its attempts."""
        plan = self._plan(method, headers, timeout_ms)
        messages = SyncStreamInput(request, plan.with_request_id, self._ameide.family.threads)
        execute = super().execute_client_stream

        def send(attempt: Attempt) -> Any:
            with expecting(attempt.recording):
                given = messages.for_attempt(lambda: attempt.over, attempt.recording.close)
                return execute(request=given, method=method, headers=plan.headers.early())

        waiter = self._waiter(plan)
        call = ClientStreamCall(plan, waiter, send, messages, current_metadata())
        return waiter.run(call.run())

    def execute_server_stream(
        self,
        *,
        request: Any,
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
    ) -> Iterator[Any]:
        """Makes a stream, which begins when its first message is asked for."""
        plan = self._plan(method, headers, timeout_ms)
        check_request(request, method.input)
        filled = plan.with_request_id(request)
        execute = super().execute_server_stream

        def open_messages(attempt: Attempt) -> SyncMessages:
            messages = execute(request=filled, method=method, headers=plan.headers.early())
            return SyncMessages(attempt.recording, messages)

        waiter = self._waiter(plan)
        call = StreamCall(plan, waiter, open_messages, None, current_metadata())
        return SyncStream(call, waiter)

    def execute_bidi_stream(
        self,
        *,
        request: Iterable[Any],
        method: MethodInfo[Any, Any],
        headers: Any = None,
        timeout_ms: float | None = None,
    ) -> Iterator[Any]:
        """Makes a stream both ways, which begins when its first message is asked for."""
        plan = self._plan(method, headers, timeout_ms)
        given = SyncStreamInput(request, plan.with_request_id, self._ameide.family.threads)
        execute = super().execute_bidi_stream

        def open_messages(attempt: Attempt) -> SyncMessages:
            messages = execute(
                request=given.for_attempt(lambda: attempt.over, attempt.recording.close),
                method=method,
                headers=plan.headers.early(),
            )
            return SyncMessages(attempt.recording, messages)

        waiter = self._waiter(plan)
        call = StreamCall(plan, waiter, open_messages, given, current_metadata())
        return SyncStream(call, waiter)

    def close(self) -> None:
        """Ends all calls and connections at once, of all clients derived from one another.

        Calls that are under way or wait for anything fail with the reason CLIENT_CLOSED, as do
        later ones. A request that waits for the head of its answer is left: its connection ends
        once that has come, or the call's time is over.
        """
        self._ameide.close()

    def __exit__(self, *_: object) -> None:
        """Closes, even where an RPC is named so."""
        SyncShell.close(self)

    def drain(self, timeout: float | timedelta | None = None) -> DrainResult:
        """Takes no more calls, waits for those that were made, retries included, and closes.

        Args:
            timeout: Longest wait in seconds; then the calls are ended. Default 20.

        Raises:
            AmeideError: CONFIG_INVALID.
        """
        return drain_sync(self._ameide, timeout)

    def _waiter(self, plan: CallPlan) -> SyncWaiter:
        return SyncWaiter(plan.client.runtime, self._ameide.family.threads)


def drain_async(transport: Transport, timeout: float | timedelta | None) -> Awaitable[DrainResult]:
    """Takes no more calls, waits for those that were made, and closes."""
    # Without one nothing has begun.
    loop = asyncio.get_running_loop()
    waiter = AsyncWaiter(transport.client.runtime)
    drained = transport.family.lifetime.drain(_drain_ms(transport, timeout), waiter)
    return loop.create_task(waiter.run(drained))


def drain_sync(transport: Transport, timeout: float | timedelta | None) -> DrainResult:
    """Takes no more calls, waits for those that were made, and closes."""
    family = transport.family
    waiter = SyncWaiter(family.runtime, family.threads)
    return waiter.run(family.lifetime.drain(_drain_ms(transport, timeout), waiter))


def _drain_ms(transport: Transport, timeout: float | timedelta | None) -> float:
    config = transport.config
    if timeout is None:
        return config.constants.drain_timeout_ms
    check_drain_options({"timeout": timeout}, config.rules)
    return milliseconds(timeout)


_classes: dict[type[Any], type[Any]] = {}


def _class_of(stub: type[Any]) -> type[Any]:
    if issubclass(stub, Shell):
        return stub
    found = _classes.get(stub)
    if found is None:
        shell = AsyncShell if issubclass(stub, ConnectClient) else SyncShell
        attributes = {"__module__": stub.__module__, "__doc__": stub.__doc__}
        # Of another name than the stub, whose methods are looked up by it.
        hidden = type("HiddenMethods", (), _hidden_methods(stub, shell))
        found = type(stub.__name__, (hidden, shell, stub), attributes)
        _classes[stub] = found
    return found


def _hidden_methods(stub: type[Any], shell: type[Shell]) -> dict[str, Any]:
    """Returns the RPCs that have the name of a method of the shell: they win.

    The shell's is a function of `ameide_sdk`, too; `async with` and `with` close.
    """
    inherited = stub.__mro__.index(ConnectClient if shell is AsyncShell else ConnectClientSync)
    generated = {
        name: member
        for each in reversed(stub.__mro__[:inherited])
        for name, member in vars(each).items()
    }
    return {
        name: member
        for name, member in generated.items()
        # What generated methods call is ours.
        if not name.startswith(("_", "execute_")) and hasattr(shell, name)
    }


def bound_stub(stub: type[Any], transport: Transport, settings: StubSettings) -> Any:
    """Makes a client of a generated class over a transport, whose calls have these settings."""
    bound = _class_of(stub)
    client = bound(transport.config.base_url, **transport.stub_arguments(bound))
    client._ameide = transport
    client._settings = settings
    return client


def connect(
    stub: type[_Stub], address: str | None = None, /, **options: Unpack[ClientOptions]
) -> _Stub:
    """Makes a client of one service, over a class that protoc-gen-connectrpc generated.

    ```python
    async with ameide_sdk.connect(ThreadsServiceClient, "https://api.example.com") as threads:
        thread = await threads.get_thread(GetThreadRequest(id="1"))
    ```

    Args:
        stub: The generated class: `ThreadsServiceClient` for async, `ThreadsServiceClientSync` for
            sync.
        address: The option `base_url`. Default the variable `AMEIDE_BASE_URL`.
        **options: Those of `ClientOptions`.

    Returns:
        A client of that class, with `with_options`, `derive`, `explain`, `drain` and `close`.

    Raises:
        AmeideError: CONFIG_INVALID, naming option and rule.
    """
    check_stub(stub)
    if address is not None:
        options["base_url"] = address
    transport = Transport.create(options, is_async=issubclass(stub, ConnectClient))
    return cast(_Stub, bound_stub(stub, transport, NO_SETTINGS))
