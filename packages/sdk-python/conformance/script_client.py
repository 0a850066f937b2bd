"""An HTTP client in memory that plays a script, in the way of pyqwest's own."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import SeenRequest
from ameide_conformance_proto.ameide.conformance.v1.script_pb import (
    Answer,
    Break,
    Cut,
    Header,
    HttpAnswer,
    Moment,
    Script,
)
from protobuf import Oneof
from pyqwest import (
    Headers,
    HTTPVersion,
    ReadError,
    Request,
    Response,
    SyncRequest,
    SyncResponse,
    WriteError,
)

from ameide_sdk._internal.wire.current_recording import expected_recording
from broken_connection import RESET, broken_by, cut_short, read_failed, refused_stream
from environment import Begun, World, drive
from http_answer import to_http
from http_response import HttpResponse, Part

_RAN_OUT = Answer(
    action=Oneof[Literal["http"], HttpAnswer](
        "http",
        HttpAnswer(status=500, content_type="text/plain", body="the script has no answer left"),
    )
)


class ScriptClient:
    """A transport, as pyqwest's clients take it; async or sync as the world is."""

    def __init__(self, script: Script, world: World) -> None:
        """Begins at the first answer. Times count from now."""
        self._script = script
        self._world = world
        self._exchanges: list[_Exchange] = []

    async def execute(self, request: Request) -> Response:
        """Gives the n-th request the n-th answer."""
        exchange, response = await self._play(request, math.inf)
        return Response(
            status=response.status,
            http_version=HTTPVersion.HTTP2,
            headers=response.headers,
            content=_AsyncBody(exchange, response),
            trailers=response.trailers,
        )

    def execute_sync(self, request: SyncRequest) -> SyncResponse:
        """Gives the n-th request the n-th answer."""
        recording = expected_recording()
        exchange, response = drive(self._play(request, recording.until_ms))
        if not recording.shape.answers_once:
            exchange.opened()
        return SyncResponse(
            status=response.status,
            http_version=HTTPVersion.HTTP2,
            headers=response.headers,
            content=_SyncBody(exchange, response),
            trailers=response.trailers,
        )

    async def requests(self) -> list[SeenRequest]:
        """Returns its requests, and forgets them. Reads the bodies that the script left unread."""
        exchanges, self._exchanges = self._exchanges, []
        return [await each.told() for each in exchanges]

    async def _play(
        self, request: Request | SyncRequest, limit_ms: float
    ) -> tuple[_Exchange, HttpResponse]:
        number = len(self._exchanges)
        exchange = _Exchange(request, self._world, limit_ms)
        self._exchanges.append(exchange)
        answers = self._script.answers
        answer = answers[number] if number < len(answers) else self._script.otherwise or _RAN_OUT
        try:
            return exchange, await exchange.play(self._script, answer)
        except Exception:
            exchange.end()
            raise
        except BaseException:
            exchange.leave()
            raise


class _Exchange:
    """One request and its answer."""

    def __init__(self, request: Request | SyncRequest, world: World, limit_ms: float) -> None:
        self.seen = SeenRequest(
            method=request.method,
            at_ms=round(world.clock.now(), 3),
            headers=[Header(name=name, value=value) for name, value in request.headers.items()],
        )
        self._request = request
        self._world = world
        self._limit_ms = limit_ms
        self._over = False
        self._left = world.gate()
        self._reading: Begun[None] | None = None
        self._is_read = False
        self._digest = hashlib.sha256()

    async def play(self, script: Script, answer: Answer) -> HttpResponse:
        """Does what the script says until the head of the answer is there."""
        broken = broken_by(script, answer)
        unread = answer.stall_at != Moment.UNSPECIFIED or (broken is not None and broken.unread)
        if not unread:
            await self._read(is_awaited=not _is_early(answer))
            # Who streams is ahead of who reads, as far as that takes no time.
            if _is_early(answer):
                await self._world.settle()
        is_stall = answer.action is not None and answer.action.field == "stall"
        await self.pause(None if is_stall else answer.delay_ms, "Request failed")
        if broken is not None:
            raise broken.error(self._request.url)
        if answer.action == Oneof("break", Break.SWITCHED):
            headers = Headers([("connection", "upgrade"), ("upgrade", "nonsense")])
            return HttpResponse(101, headers, [])
        response = to_http(answer, self._request)
        _cut_off(response, answer.cut)
        return response

    async def pause(self, ms: float | None, doing: str) -> None:
        """Waits, without end for None, unless the client leaves.

        Raises:
            ReadError: The client has left the answer.
            TimeoutError: The time that the client gave is over.
        """
        left_ms = self._limit_ms - self._world.clock.now()
        if left_ms <= 0:
            self._time_out(doing)
        if ms == 0:
            return
        is_over = left_ms < math.inf and (ms is None or left_ms <= ms)
        wait_ms = left_ms if is_over else ms
        if await self._left.wait(wait_ms):
            raise ReadError("Response body read cancelled")
        if is_over:
            self._time_out(doing)

    def opened(self) -> None:
        """Notes that the limit was that of the head."""
        self._limit_ms = math.inf

    def _time_out(self, doing: str) -> None:
        self.leave()
        raise TimeoutError(f"{doing}: error sending request: operation timed out")

    def leave(self) -> None:
        """Notes that the client has left, unless the answer had ended."""
        if not self._over:
            self.seen.canceled = True
        self._left.open()
        self.end()

    def end(self) -> None:
        """Notes that the answer has ended."""
        self._over = True
        if self._reading is not None and self._reading.task is not None:
            self._reading.task.cancel()

    async def told(self) -> SeenRequest:
        """Returns the request as it was seen."""
        if self._whole() is not None or "content-length" in self._request.headers:
            await self._read(is_awaited=True)
        self.seen.body_sha256 = self._digest.hexdigest()
        return self.seen

    # What a caller streams in a task or thread of its own, as the real one does.
    async def _read(self, is_awaited: bool) -> None:
        whole = self._whole()
        if whole is not None:
            if not self._is_read:
                self._is_read = True
                self._keep(whole)
            return
        if self._reading is None:
            self._reading = self._world.start(self._read_body)
        if not is_awaited:
            return
        reading, left_ms = self._reading, self._limit_ms - self._world.clock.now()
        if not await reading.ended.wait(None if left_ms == math.inf else max(0, left_ms)):
            self._time_out("Request failed")
        try:
            reading.result()
        except Exception as error:
            text = "stream error sent by user: unexpected internal error encountered"
            raise WriteError(f"Request failed: client error (SendRequest): {text}") from error

    async def _read_body(self) -> None:
        content: Any = self._request.content
        if self._world.is_async:
            try:
                async for chunk in content:
                    self._keep(chunk)
            finally:
                if isinstance(content, AsyncIterator) and hasattr(content, "aclose"):
                    await content.aclose()
        else:
            for chunk in content:
                self._keep(chunk)
                if self._over:
                    break
            if hasattr(content, "close"):
                content.close()

    def _whole(self) -> bytes | None:
        if self._request.method == "GET":
            return urlsplit(self._request.url).query.encode()
        content = self._request.content
        return content if isinstance(content, bytes) else None

    def _keep(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        if _IN_ENVELOPES.match(self._request.headers.get("content-type", "")):
            self.seen.body = (self.seen.body + chunk)[:_KEPT_BYTES]


# Media types of messages in envelopes.
_IN_ENVELOPES = re.compile(r"application/(connect\+|grpc)")

_KEPT_BYTES = 64 * 1024


def _is_early(answer: Answer) -> bool:
    action: Any = answer.action
    match action:
        case Oneof(field="stream", value=stream):
            return bool(stream.early)
        case _:
            return False


# Takes away what comes after the cut.
def _cut_off(response: HttpResponse, cut: Cut) -> None:
    if cut == Cut.UNSPECIFIED:
        return
    left = sum(len(part.data) for part in response.body) // 2
    body = []
    for part in response.body:
        body.append(Part(part.data[:left], part.delay_ms))
        left -= len(body[-1].data)
    response.body = body
    match cut:
        case Cut.RESET_HALF:
            response.ending = "reset"
        case Cut.CLOSE_HALF:
            response.ending = "close"
        case Cut.STALL_HALF:
            response.ending = "stall"
        case Cut.REFUSED_STREAM_HALF:
            response.ending = "refused_stream"


_READING = "Error reading content"


class _Body:
    """The body of an answer. Nothing is read that nobody asks for."""

    def __init__(self, exchange: _Exchange, response: HttpResponse) -> None:
        self._exchange = exchange
        self._parts = response.body
        self._ending = response.ending
        self._next = 0

    async def chunk(self) -> bytes | None:
        """Returns the next piece once its time has come; None at the end."""
        while self._next < len(self._parts):
            part = self._parts[self._next]
            await self._exchange.pause(part.delay_ms, _READING)
            self._next += 1
            # A client that has the last bytes may leave.
            if self._next == len(self._parts) and self._ending == "well":
                self._exchange.end()
            if part.data:
                return part.data
        if self._ending == "stall":
            await self._exchange.pause(None, _READING)
        self._exchange.end()
        match self._ending:
            case "reset":
                raise read_failed(_READING, RESET)
            case "close":
                raise cut_short(_READING)
            case "refused_stream":
                raise refused_stream(_READING)
        return None


class _AsyncBody(_Body):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self.chunk()
        except Exception:
            raise
        except BaseException:
            self._exchange.leave()
            raise
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        self._exchange.leave()


class _SyncBody(_Body):
    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = drive(self.chunk())
        if chunk is None:
            raise StopIteration
        return chunk

    def close(self) -> None:
        self._exchange.leave()
