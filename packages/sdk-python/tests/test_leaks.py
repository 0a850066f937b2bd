"""What thousands of faulty calls leave behind: nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Literal

import pyqwest
import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import GetThreadRequest, WatchThreadRequest

from ameide_sdk import AmeideError, connect
from ameide_sdk._internal.runtime.runtime import Runtime
from ameide_sdk._internal.runtime.virtual_clock import VirtualClock, run_virtually

pytestmark = pytest.mark.full


class _FaultyTransport:
    """A server with a fault, another for each request in turn."""

    def __init__(self) -> None:
        self._requests = 0

    async def execute(self, request: pyqwest.Request) -> pyqwest.Response:
        self._requests += 1
        own_type = request.headers["content-type"]
        match self._requests % 8:
            case 0:
                raise ConnectionError("client error (Connect): tcp connect error: refused")
            case 1:
                raise pyqwest.ReadError("connection reset")
            case 2:
                await asyncio.Event().wait()
                raise AssertionError
            case 3:
                return _answer(503, "text/html", b"<html>busy</html>")
            case 4:
                return _answer(200, own_type, _broken())
            case 5:
                return _answer(200, own_type, _stalled())
            case 6:
                return _answer(200, "text/plain", b"what?")
            case _:
                return _answer(429, "application/json", b"")


def _answer(
    status: int, content_type: str, content: bytes | AsyncIterator[bytes]
) -> pyqwest.Response:
    headers = pyqwest.Headers([("content-type", content_type), ("retry-after", "1")])
    return pyqwest.Response(status=status, headers=headers, content=content)


async def _broken() -> AsyncIterator[bytes]:
    yield b"\0\0\0\0\x09abc"
    raise pyqwest.ReadError("connection reset")


async def _stalled() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


@pytest.mark.parametrize("protocol", ["connect", "grpc", "grpc-web"])
def test_calls_in_memory_leave_no_task(protocol: Literal["connect", "grpc", "grpc-web"]) -> None:
    clock = VirtualClock()

    async def main() -> None:
        open_client: Any = connect
        client = open_client(
            ThreadsServiceClient,
            "https://api.test",
            transport=_FaultyTransport(),
            protocol=protocol,
            tenant="acme",
            timeout=3,
            attempt_timeout=1,
            first_message_timeout=1,
            budget={"capacity": 10_000, "cost": 1},
            _runtime=Runtime(clock=clock),
        )
        for i in range(10_000 // 3):
            with pytest.raises((AmeideError, TimeoutError)):
                await _call(client, i)
        await client.close()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtually(main, clock)


# Makes a call, of one kind or another, and may leave it early.
async def _call(client: Any, i: int) -> None:
    async with asyncio.timeout((i % 5) * 0.1 if i % 7 == 0 else None):
        if i % 2 == 0:
            await client.get_thread(GetThreadRequest(thread_id="t1"))
            return
        async for _ in client.watch_thread(WatchThreadRequest(thread_id="t1")):
            pass


def _call_sync(client: Any, i: int) -> None:
    if i % 2 == 0:
        client.get_thread(GetThreadRequest(thread_id="t1"))
    else:
        list(client.watch_thread(WatchThreadRequest(thread_id="t1")))


@contextmanager
def _faulty_server() -> Iterator[str]:
    """Accepts connections, and breaks each in another way."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=_break, args=[accepted, len(threads)], daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [accepting, *threads]:
            thread.join(5)
            assert not thread.is_alive(), "a connection is left open"


def _break(accepted: socket.socket, i: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 9\r\n\r\n"
    with accepted:
        try:
            if not accepted.recv(1 << 16):
                return
            match i % 4:
                case 0:
                    accepted.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                case 1:
                    accepted.sendall(head + b"abc")
                case 2:
                    accepted.sendall(b"HTTP/1.1 503 busy\r\nContent-Length: 0\r\n\r\n")
                    accepted.recv(1 << 16)
                case _:
                    accepted.sendall(head)
                    accepted.recv(1 << 16)
        except OSError:
            return


def _options() -> dict[str, Any]:
    return {
        "allow_insecure_loopback": True,
        "tenant": "acme",
        "timeout": 0.2,
        "attempt_timeout": 0.05,
        "first_message_timeout": 0.05,
        "retry": {"base_delay": 0.001},
        "budget": {"capacity": 10_000, "cost": 1},
    }


def _sockets() -> int:
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            continue
    return found


def _settle(before: tuple[int, int]) -> tuple[int, int]:
    """Waits until no more sockets and threads are left than before, and returns how many are."""
    for _ in range(500):
        left = _left()
        if left <= before:
            break
        time.sleep(0.01)
    return _left()


def _left() -> tuple[int, int]:
    return _sockets(), sum(thread.name == "ameide" for thread in threading.enumerate())


async def test_async_calls_over_sockets_leave_nothing() -> None:
    before, tasks = _left(), asyncio.all_tasks()
    with _faulty_server() as base_url:
        client: Any = connect(ThreadsServiceClient, base_url, **_options())

        async def work(worker: int) -> None:
            for i in range(25):
                with pytest.raises((AmeideError, TimeoutError)):
                    await _call(client, worker + i)

        async with asyncio.TaskGroup() as group:
            for worker in range(8):
                group.create_task(work(worker))
        await client.close()
        await asyncio.sleep(0.05)
        assert asyncio.all_tasks() == tasks
    assert _settle(before) <= before


def test_sync_calls_over_sockets_leave_nothing() -> None:
    before = _left()
    with _faulty_server() as base_url:
        client: Any = connect(ThreadsServiceClientSync, base_url, **_options())

        def work(worker: int) -> None:
            for i in range(worker, worker + 25):
                with pytest.raises(AmeideError):
                    _call_sync(client, i)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        client.close()
    assert _settle(before) <= before
