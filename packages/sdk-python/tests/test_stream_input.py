"""Messages that a caller streams and that cannot be sent: the failure is the caller's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pyqwest
import pytest
from ameide_conformance_proto.ameide.conformance.v1.service_connect import (
    ConformanceServiceClient,
    ConformanceServiceClientSync,
)
from ameide_conformance_proto.ameide.conformance.v1.service_pb import ConformanceRequest

from ameide_sdk import AmeideError, connect

_KINDS = ["client_stream", "bidi_stream"]
_UNSENDABLE = [ConformanceRequest(text="\ud800"), "no message", None]


class _Reading:
    """A server that reads requests; it answers, if at all, before it has read anything."""

    def __init__(self, *, answers: bool) -> None:
        self._answers = answers
        self.requests = 0

    def execute_sync(self, request: pyqwest.SyncRequest) -> pyqwest.SyncResponse:
        self.requests += 1
        headers = pyqwest.Headers([("content-type", "application/connect+proto")])

        def answer() -> Any:
            yield from self._read(request.content)

        if self._answers:
            return pyqwest.SyncResponse(status=200, headers=headers, content=answer())
        for _ in self._read(request.content):
            pass
        raise AssertionError

    async def execute(self, request: pyqwest.Request) -> pyqwest.Response:
        self.requests += 1
        headers = pyqwest.Headers([("content-type", "application/connect+proto")])
        content: Any = request.content

        async def answer() -> AsyncIterator[bytes]:
            try:
                async for _ in content:
                    pass
            except Exception as error:
                raise pyqwest.WriteError("the request broke off") from error
            yield b""

        if self._answers:
            return pyqwest.Response(status=200, headers=headers, content=answer())
        async for _ in answer():
            pass
        raise AssertionError

    def _read(self, content: Any) -> Any:
        try:
            for _ in content:
                pass
        except Exception as error:
            raise pyqwest.WriteError("the request broke off") from error
        yield b""


def _check(error: AmeideError, reading: _Reading, kind: str) -> None:
    assert (error.code.value, error.origin, error.retryable) == ("internal", "client", False)
    assert error.message.startswith("marshal message: ")
    assert isinstance(error.cause, UnicodeEncodeError | AttributeError)
    assert reading.requests == (0 if kind == "unary" else 1)


def _call(client: Any, kind: str, message: Any) -> None:
    if kind == "client_stream":
        client.client_stream_idempotent(iter([message]))
    else:
        list(client.bidi_stream_idempotent(iter([message])))


async def _call_async(client: Any, kind: str, message: Any) -> None:
    async def messages() -> AsyncIterator[Any]:
        yield message

    if kind == "client_stream":
        await client.client_stream_idempotent(messages())
        return
    async for _ in client.bidi_stream_idempotent(messages()):
        pass


@pytest.mark.parametrize("message", _UNSENDABLE)
@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("kind", _KINDS)
def test_of_sync_calls(message: Any, answers: bool, kind: str) -> None:
    reading: Any = _Reading(answers=answers)
    with (
        connect(ConformanceServiceClientSync, "https://api.test", transport=reading) as client,
        pytest.raises(AmeideError) as caught,
    ):
        _call(client, kind, message)
    _check(caught.value, reading, kind)


@pytest.mark.parametrize("message", _UNSENDABLE)
@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("kind", _KINDS)
async def test_of_async_calls(message: Any, answers: bool, kind: str) -> None:
    reading: Any = _Reading(answers=answers)
    async with connect(ConformanceServiceClient, "https://api.test", transport=reading) as client:
        with pytest.raises(AmeideError) as caught:
            await _call_async(client, kind, message)
    _check(caught.value, reading, kind)


@pytest.mark.parametrize("format_", ["binary", "json"])
@pytest.mark.parametrize("protocol", ["connect", "grpc", "grpc-web"])
def test_of_unary_calls(format_: Any, protocol: Any) -> None:
    reading: Any = _Reading(answers=True)
    with (
        connect(
            ConformanceServiceClientSync,
            "https://api.test",
            transport=reading,
            format=format_,
            protocol=protocol,
        ) as client,
        pytest.raises(AmeideError) as caught,
    ):
        client.idempotent(ConformanceRequest(text="\ud800"))
    _check(caught.value, reading, "unary")
