"""One call, of any kind."""

from __future__ import annotations

import gc
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import SeenOutcome
from ameide_conformance_proto.ameide.conformance.v1.case_pb import Call
from ameide_conformance_proto.ameide.conformance.v1.script_pb import Header
from ameide_conformance_proto.ameide.conformance.v1.service_connect import ConformanceService
from ameide_conformance_proto.ameide.conformance.v1.service_pb import ConformanceRequest
from protobuf import DescMethod

from ameide_sdk import ResponseMetadata
from environment import Gate, World, drive_each
from outcome import outcome_of

_METHODS = {method.name: method for method in ConformanceService.desc().methods}
_END: Any = object()


class OneCall:
    """A call that is being made.

    Attributes:
        over: Opens when it has ended, as its caller or its observer learns.
    """

    def __init__(
        self,
        call: Call,
        client: Any,
        world: World,
        unread: list[Any],
        on_attempt_failed: Callable[[Callable[[], None]], None],
    ) -> None:
        """Makes nothing yet.

        Args:
            client: The client of the service, with the settings of the call.
            unread: Streams that were opened and are not read: their opener holds them.
            on_attempt_failed: Registers an action for the time when an attempt has failed.
        """
        if call.method not in _METHODS:
            raise ValueError(f"there is no method {call.method}")
        self.call = call
        self.over: Gate = world.gate()
        self._method: DescMethod = _METHODS[call.method]
        self._send = getattr(client, _snake_case(call.method))
        self._world = world
        self._unread = unread
        self._on_attempt_failed = on_attempt_failed
        self._messages: list[str] = []
        self._headers_ms: float | None = None

    async def make(
        self,
        within: Callable[[Callable[[], Awaitable[str]]], Awaitable[str]],
        parameters: dict[str, Any],
    ) -> SeenOutcome:
        """Makes it, and returns how it ended.

        Args:
            within: Runs the call within what its caller has around it.
            parameters: The runtime's own parameters.
        """
        clock = self._world.clock
        start_ms = clock.now()

        def on_headers(_headers: object) -> None:
            self._headers_ms = clock.now() - start_ms

        with ResponseMetadata(on_headers) as response:
            outcome = await outcome_of(clock, lambda: within(lambda: self._end(parameters)))
        self.over.open()
        outcome.messages = self._messages
        if self._headers_ms is not None:
            outcome.headers_ms = self._headers_ms
        if outcome.error is None:
            outcome.headers = _list_of(response.headers)
            outcome.trailers = _list_of(response.trailers)
        return outcome

    async def _end(self, parameters: dict[str, Any]) -> str:
        send, world = self._send, self._world
        match self._method.method_kind:
            case "unary":
                response = await world.give(send(self._message(), **parameters))
                return ",".join(response.items) if hasattr(response, "items") else response.text
            case "client_streaming":
                response = await world.give(send(self._input(), **parameters))
                return str(response.text)
            case "server_streaming":
                await self._read(send(self._message(), **parameters))
            case "bidi_streaming":
                await self._read(send(self._input(), **parameters))
        if self.call.forget:
            gc.collect()
        return ""

    # Nothing else holds the stream while it is read.
    async def _read(self, stream: Any) -> None:
        if self.call.unread:
            self._unread.append(stream)
            return
        await self._read_slowly()
        while (message := await self._next(stream)) is not _END:
            self._messages.append(message.text)
            if self._left():
                return
            await self._read_slowly()

    def _left(self) -> bool:
        limit = self.call.break_after if self.call.has_field("break_after") else None
        return len(self._messages) == limit

    async def _next(self, stream: Any) -> Any:
        return await anext(stream, _END) if self._world.is_async else next(stream, _END)

    async def _read_slowly(self) -> None:
        await self._world.sleep(self.call.read_delay_ms)

    # The caller may change the message while the call goes on.
    def _message(self) -> Any:
        message: Any = self._method.input.type()
        fields = {field.name for field in self._method.input.fields}
        if "text" in fields:
            message.text = self.call.text * (self.call.text_times or 1)
        if "request_id" in fields:
            message.request_id = self.call.request_id_field
        if self.call.mutate_message:

            def change() -> None:
                message.text = f"not {message.text}"

            self._on_attempt_failed(change)
        return message

    def _input(self) -> Any:
        messages = self._messages_to_send()
        return messages if self._world.is_async else drive_each(messages)

    async def _messages_to_send(self) -> AsyncIterator[ConformanceRequest]:
        call = self.call
        for text in call.texts or [call.text]:
            if call.text_delay_ms:
                await self.over.wait(call.text_delay_ms)
            yield ConformanceRequest(text=text)
        if call.input_throws:
            raise RuntimeError("the input throws, as the case says")
        if call.keep_open:
            await self.over.wait()


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _list_of(headers: Any) -> list[Header]:
    return [Header(name=name, value=value) for name, value in headers.allitems()]
