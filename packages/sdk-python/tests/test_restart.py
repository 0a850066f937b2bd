"""A server that is begun anew under calls in flight."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import GetThreadRequest

from ameide_sdk import connect

pytestmark = pytest.mark.full

_IN_FLIGHT = 64

# Answers each call after 20 ms, so that calls are in flight; says when half of them are.
_SERVER = """
const [version, half] = process.argv.slice(1);
let under = 0, told = false;
const answer = (request, response) => {
  request.resume();
  if (++under >= Number(half) && !told) { told = true; console.log("half"); }
  setTimeout(() => {
    under--;
    response.writeHead(200, { "content-type": "application/proto" });
    response.end();
  }, 20);
};
const http = await import(version === "2" ? "node:http2" : "node:http");
http.createServer(answer).listen({ fd: 3 });
"""


class _Server:
    """A server that can be killed, while new connections wait for its successor."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        number = self._listener.fileno()
        script = (
            f'exec node --input-type=module -e "$1" {self._version} {_IN_FLIGHT // 2} 3<&{number}'
        )
        return subprocess.Popen(
            ["bash", "-c", script, "bash", _SERVER],
            pass_fds=[number],
            stdout=subprocess.PIPE,
            text=True,
        )

    def restart(self) -> None:
        """Kills it with half of the calls under way, and begins another."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "half\n"
        self._stop()
        self._process = self._start()

    def close(self) -> None:
        self._stop()
        self._listener.close()

    def _stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def _server(version: str) -> Iterator[_Server]:
    server = _Server(version)
    try:
        yield server
    finally:
        server.close()


def _options(version: Literal["1.1", "2"]) -> dict[str, Any]:
    return {
        "allow_insecure_loopback": True,
        "tenant": "acme",
        "http_version": version,
        # Calls break together, some of them twice: on a connection that had just been accepted.
        "budget": {"capacity": 2 * 14 * _IN_FLIGHT},
    }


@pytest.mark.parametrize("version", ["1.1", "2"])
async def test_async_calls_survive(version: Literal["1.1", "2"]) -> None:
    with _server(version) as server:
        client: Any = connect(ThreadsServiceClient, server.base_url, **_options(version))
        ended, enough = 0, asyncio.Event()

        async def call_on() -> None:
            nonlocal ended
            while not enough.is_set():
                await client.get_thread(GetThreadRequest(thread_id="t1"))
                ended += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(_IN_FLIGHT):
                group.create_task(call_on())
            await asyncio.to_thread(server.restart)
            before = ended
            while ended < before + 4 * _IN_FLIGHT:
                await asyncio.sleep(0.01)
            enough.set()
        await client.close()


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_sync_calls_survive(version: Literal["1.1", "2"]) -> None:
    with _server(version) as server:
        client: Any = connect(ThreadsServiceClientSync, server.base_url, **_options(version))
        enough, changed = threading.Event(), threading.Condition()
        ended, failed = 0, False

        def call_on() -> None:
            nonlocal ended, failed
            try:
                while not enough.is_set():
                    client.get_thread(GetThreadRequest(thread_id="t1"))
                    with changed:
                        ended += 1
                        changed.notify_all()
            except BaseException:
                with changed:
                    failed = True
                    changed.notify_all()
                raise

        with ThreadPoolExecutor(_IN_FLIGHT) as threads:
            callers = [threads.submit(call_on) for _ in range(_IN_FLIGHT)]
            try:
                server.restart()
                with changed:
                    goal = ended + 4 * _IN_FLIGHT
                    changed.wait_for(lambda: failed or ended >= goal)
            finally:
                enough.set()
            for caller in callers:
                caller.result()
        client.close()
