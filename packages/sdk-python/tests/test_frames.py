"""What tools print that show the variables of a traceback's frames: no credential, no header."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pyqwest
import pytest
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsServiceClient,
    ThreadsServiceClientSync,
)
from ameide_core_proto.ameide.threads.v1.threads_pb import GetThreadRequest, WatchThreadRequest

import ameide_sdk
from ameide_sdk import AmeideError, connect

_TOKEN, _KEY, _HEADER = "token-of-acme-0001", "key-of-acme-0002", "header-of-acme-0003"
_OURS = str(Path(ameide_sdk.__file__).parent)
_OPTIONS: dict[str, Any] = {
    "tenant": "acme",
    "auth": {"token": _TOKEN},
    "headers": {"x-acme": _HEADER},
    "retry": {"max_attempts": 1},
}


class _Failing:
    def __init__(self, status: int | None) -> None:
        self._status = status

    def _answer_headers(self) -> pyqwest.Headers:
        if self._status is None:
            raise pyqwest.ReadError("connection reset")
        return pyqwest.Headers([("content-type", "text/plain")])

    async def execute(self, _request: pyqwest.Request) -> pyqwest.Response:
        headers = self._answer_headers()
        return pyqwest.Response(status=self._status or 0, headers=headers, content=b"")

    def execute_sync(self, _request: pyqwest.SyncRequest) -> pyqwest.SyncResponse:
        headers = self._answer_headers()
        return pyqwest.SyncResponse(status=self._status or 0, headers=headers, content=b"")


def _check(error: AmeideError) -> None:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame.f_code.co_filename.startswith(_OURS)]
    assert len(ours) > 3
    for frame in ours:
        for name, value in tuple(frame.f_locals.items()):
            text = repr(value)
            for secret in (_TOKEN, _KEY, _HEADER):
                assert secret not in text, f"{frame.f_code.co_qualname}: {name}"


@pytest.mark.parametrize("status", [None, 200, 400, 503])
def test_frames_of_sync_calls(status: int | None) -> None:
    options = {**_OPTIONS, "transport": _Failing(status)}
    with connect(ThreadsServiceClientSync, "https://api.test", **options) as client:
        keyed: Any = ameide_sdk.with_options(client, idempotency_key=_KEY)
        with pytest.raises(AmeideError) as of_unary:
            keyed.get_thread(GetThreadRequest(thread_id="t1"))
        with pytest.raises(AmeideError) as of_stream:
            next(client.watch_thread(WatchThreadRequest(thread_id="t1")))
    _check(of_unary.value)
    _check(of_stream.value)


@pytest.mark.parametrize("status", [None, 200, 400, 503])
async def test_frames_of_async_calls(status: int | None) -> None:
    options = {**_OPTIONS, "transport": _Failing(status)}
    async with connect(ThreadsServiceClient, "https://api.test", **options) as client:
        keyed: Any = ameide_sdk.with_options(client, idempotency_key=_KEY)
        with pytest.raises(AmeideError) as of_unary:
            await keyed.get_thread(GetThreadRequest(thread_id="t1"))
        with pytest.raises(AmeideError) as of_stream:
            await anext(client.watch_thread(WatchThreadRequest(thread_id="t1")))
    _check(of_unary.value)
    _check(of_stream.value)
