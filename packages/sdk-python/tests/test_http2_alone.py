"""What is said of a server that speaks no HTTP/1.1."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import ThreadsServiceClient
from ameide_core_proto.ameide.threads.v1.threads_pb import ListThreadsRequest

import ameide_sdk

SETTINGS = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"

Serve = Callable[[bool], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run(late: bool) -> None:
            connection, _ = listener.accept()
            with connection:
                if late:
                    connection.recv(65_536)
                connection.sendall(SETTINGS)
                while connection.recv(65_536):
                    pass

        def start(late: bool) -> str:
            threading.Thread(target=run, args=(late,), daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


@pytest.mark.parametrize("late", [False, True])
async def test_a_server_of_http2_alone(serve: Serve, late: bool) -> None:
    url = serve(late)
    async with ameide_sdk.connect(
        ThreadsServiceClient, url, allow_insecure_loopback=True, tenant="acme", retry=False
    ) as threads:
        with pytest.raises(ameide_sdk.AmeideError) as failed:
            await threads.list_threads(ListThreadsRequest(page_size=1))
    words = 'it may speak TLS (use https) or only HTTP/2 (http_version="2")'
    assert words in str(failed.value)
