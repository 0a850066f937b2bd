"""The call that a case of Connect's suite describes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from ameide_conformance_proto.connectrpc.conformance.v1.client_compat_pb import (
    ClientCompatRequest,
    ClientResponseResult,
)
from ameide_conformance_proto.connectrpc.conformance.v1.config_pb import StreamType
from ameide_conformance_proto.connectrpc.conformance.v1.service_connect import ConformanceService
from ameide_conformance_proto.connectrpc.conformance.v1.service_pb import (
    BidiStreamRequest,
    ClientStreamRequest,
    ConformancePayload,
    Header,
    IdempotentUnaryRequest,
    ServerStreamRequest,
    UnaryRequest,
    UnimplementedRequest,
)
from protobuf import Message

from connect.cancellation import Cancellation
from connect.opened import Opened
from connect.result import from_proto_headers, to_proto_error, to_proto_headers
from environment import World, drive_each

_M = TypeVar("_M", bound=Message[Any])

_SERVICE = ConformanceService.desc().type_name
_END: Any = object()


async def make_call(
    opened: Opened, request: ClientCompatRequest, world: World
) -> ClientResponseResult:
    """Makes the call that a case describes, and returns its result.

    Raises:
        ValueError: The case describes no call; a failure of the call is a result.
    """
    call = _Call(opened.client, request, world)
    start = call.prepare()
    metadata: list[Header] = []
    with opened.metadata() as response:
        try:
            await start()
        except (Exception, asyncio.CancelledError) as error:
            call.result.error, metadata = to_proto_error(error)
    # The metadata of an error is headers and trailers together.
    call.result.response_headers = to_proto_headers(response.headers) or metadata
    call.result.response_trailers = metadata or to_proto_headers(response.trailers)
    return call.result


class _Call:
    def __init__(self, client: Any, request: ClientCompatRequest, world: World) -> None:
        self.result = ClientResponseResult()
        self._client = client
        self._request = request
        self._world = world
        self._cancel = Cancellation(request.cancel, world)
        self._answered = world.gate()
        self._options: dict[str, Any] = {"headers": from_proto_headers(request.request_headers)}
        if request.has_field("timeout_ms"):
            self._options["timeout_ms"] = request.timeout_ms

    def prepare(self) -> Callable[[], Awaitable[None]]:
        """Reads the messages of the case, and returns what makes the call."""
        client, request = self._client, self._request
        if request.has_field("service") and request.service != _SERVICE:
            raise ValueError(f"the client knows no service {request.service}")
        match request.method:
            case "Unary":
                return self._single(client.unary, UnaryRequest)
            case "IdempotentUnary":
                self._options["use_get"] = request.use_get_http_method
                return self._single(client.idempotent_unary, IdempotentUnaryRequest)
            case "Unimplemented":
                return self._single(client.unimplemented, UnimplementedRequest)
            case "ServerStream":
                return self._server_stream(self._message(ServerStreamRequest))
            case "ClientStream":
                return self._client_stream(self._messages(ClientStreamRequest))
            case "BidiStream":
                return self._bidi_stream(self._messages(BidiStreamRequest))
        raise ValueError(f"the client knows no method {request.method}")

    def _single(self, call: Callable[..., Any], of: type[_M]) -> Callable[[], Awaitable[None]]:
        message = self._message(of)

        async def start() -> None:
            await self._pause()
            self._cancel.request_closed()
            self._took(await self._world.give(call(message, **self._options)))

        return start

    def _server_stream(self, message: ServerStreamRequest) -> Callable[[], Awaitable[None]]:
        async def start() -> None:
            await self._pause()
            self._cancel.request_closed()
            await self._read(self._client.server_stream(message, **self._options))

        return start

    def _client_stream(self, messages: list[ClientStreamRequest]) -> Callable[[], Awaitable[None]]:
        async def start() -> None:
            response = self._client.client_stream(self._sent(messages), **self._options)
            self._took(await self._world.give(response))

        return start

    def _bidi_stream(self, messages: list[BidiStreamRequest]) -> Callable[[], Awaitable[None]]:
        async def start() -> None:
            await self._read(self._client.bidi_stream(self._sent(messages), **self._options))

        return start

    def _took(self, response: Any) -> None:
        payload = getattr(response, "payload", None)
        self.result.payloads.append(payload or ConformancePayload())

    async def _read(self, responses: Any) -> None:
        is_async = self._world.is_async
        try:
            while True:
                response = await anext(responses, _END) if is_async else next(responses, _END)
                if response is _END:
                    return
                self._took(response)
                self._cancel.responded(len(self.result.payloads))
                self._answered.open()
        finally:
            self._answered.open()

    def _sent(self, messages: list[_M]) -> Any:
        sent = self._send(messages)
        return sent if self._world.is_async else drive_each(sent)

    # In full duplex, each message but the first follows the answer to the one before.
    async def _send(self, messages: list[_M]) -> AsyncIterator[_M]:
        takes_turns = self._request.stream_type == StreamType.FULL_DUPLEX_BIDI_STREAM
        for message in messages:
            await self._pause()
            turn = self._answered = self._world.gate()
            yield message
            if takes_turns:
                await turn.wait()
        self._cancel.before_close()
        self._cancel.request_closed()

    async def _pause(self) -> None:
        await self._world.sleep(self._request.request_delay_ms)

    def _message(self, of: type[_M]) -> _M:
        messages = self._messages(of)
        if len(messages) != 1:
            raise ValueError("the case must have one request message")
        return messages[0]

    def _messages(self, of: type[_M]) -> list[_M]:
        found = []
        for packed in self._request.request_messages:
            message = packed.unpack(of)
            if message is None:
                raise ValueError(f"the case must send {of.__name__}, has {packed.type_url}")
            found.append(message)
        return found
