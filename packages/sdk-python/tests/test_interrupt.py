"""Ends of sync calls from outside: a signal, `close()` in another thread, a limit of size."""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import GetThreadRequest, WatchThreadRequest

from ameide_sdk import AmeideError, connect

_LONG_S = 60

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/%s\r\n"
_NO_MESSAGE = _HEAD % b"proto" + b"content-length: 0\r\n\r\n"
_HALF_MESSAGE = _HEAD % b"proto" + b"content-length: 9\r\n\r\nabc"
_HALF_STREAM = _HEAD % b"connect+proto" + b"transfer-encoding: chunked\r\n\r\n1\r\n\0\r\n"

_Answer: TypeAlias = Callable[[socket.socket], None]


@contextmanager
def _served(answer: _Answer) -> Iterator[str]:
    """A server that answers each connection once its request has come."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            answer(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _connect(base_url: str, **options: Any) -> Any:
    open_client: Any = connect
    return open_client(
        ThreadsServiceClientSync,
        base_url,
        allow_insecure_loopback=True,
        tenant="acme",
        timeout=_LONG_S,
        **options,
    )


def _get(client: Any) -> None:
    client.get_thread(GetThreadRequest(thread_id="t1"))


def _watch(client: Any) -> None:
    for _ in client.watch_thread(WatchThreadRequest(thread_id="t1")):
        pass


# Python may hear late of a signal that comes just as a wait begins.
def _interrupt() -> None:
    time.sleep(0.1)
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


class _Held:
    """An answer that goes no further than its beginning while a call waits for it."""

    def __init__(self, begun: bytes, end: Callable[[], None]) -> None:
        self._begun = begun
        self._end = end
        self._over = threading.Event()
        self._released = threading.Event()
        self._in_time = False

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self._begun)
        self._end()
        self._in_time = self._over.wait(_LONG_S / 2)
        self._released.set()

    def release(self) -> bool:
        """Reports whether the call had ended before the answer went on."""
        self._over.set()
        assert self._released.wait(_LONG_S)
        return self._in_time


_HELD = pytest.mark.parametrize(
    ("call", "begun"), [(_get, b""), (_get, _HALF_MESSAGE), (_watch, b""), (_watch, _HALF_STREAM)]
)


@_HELD
def test_ctrl_c_ends_a_call(call: Callable[[Any], None], begun: bytes) -> None:
    held = _Held(begun, _interrupt)
    with _served(held) as base_url, _connect(base_url) as client:
        with pytest.raises(KeyboardInterrupt):
            call(client)
        assert held.release()


@_HELD
@pytest.mark.parametrize("in_main", [True, False])
def test_close_ends_a_call(call: Callable[[Any], None], begun: bytes, in_main: bool) -> None:
    held = _Held(begun, lambda: client.close())
    ended: list[str | None] = []

    def run() -> None:
        try:
            call(client)
        except AmeideError as error:
            ended.append(error.reason)

    with _served(held) as base_url, _connect(base_url) as client:
        if in_main:
            run()
        else:
            thread = threading.Thread(target=run)
            thread.start()
            thread.join(_LONG_S)
        assert held.release()
    assert ended == ["CLIENT_CLOSED"]


def test_ctrl_c_of_a_call_that_waits_for_a_connection_leaves_the_queue() -> None:
    asked, let_go, interrupted = threading.Event(), threading.Event(), threading.Event()

    def answer(connection: socket.socket) -> None:
        asked.set()
        let_go.wait(_LONG_S)
        connection.sendall(_NO_MESSAGE)

    class Queued(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "connections" in record.getMessage() and not interrupted.is_set():
                interrupted.set()
                _interrupt()

    logger = logging.Logger("queue")
    logger.addHandler(Queued())
    with (
        _served(answer) as base_url,
        _connect(base_url, http_version="1.1", max_connections=1, logger=logger) as client,
    ):
        first = threading.Thread(target=_get, args=[client])
        first.start()
        assert asked.wait(_LONG_S)
        with pytest.raises(KeyboardInterrupt):
            _get(client)
        let_go.set()
        first.join(_LONG_S)
        _get(client)


def _endless(sent: list[int]) -> _Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(_HEAD % b"proto" + b"transfer-encoding: chunked\r\n\r\n")
        while True:
            sent.append(connection.send(b"1000\r\n" + b"x" * 4_096 + b"\r\n"))

    return answer


def test_an_endless_answer_is_cut_off() -> None:
    sent: list[int] = []
    with (
        _served(_endless(sent)) as base_url,
        _connect(base_url) as client,
        pytest.raises(AmeideError) as caught,
    ):
        _get(client)
    assert caught.value.code.value == "resource_exhausted"
    # Twice the limit, and what the sockets hold.
    assert sum(sent) < 32 << 20


async def test_an_endless_answer_is_cut_off_async() -> None:
    sent: list[int] = []
    with _served(_endless(sent)) as base_url:
        async with connect(
            ThreadsServiceClient, base_url, allow_insecure_loopback=True, tenant="acme"
        ) as client:
            with pytest.raises(AmeideError) as caught:
                await client.get_thread(GetThreadRequest(thread_id="t1"))
    assert caught.value.code.value == "resource_exhausted"
    assert sum(sent) < 32 << 20
