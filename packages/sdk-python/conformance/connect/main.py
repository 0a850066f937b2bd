"""A client under test for Connect's own conformance suite.

`main.py sdk --async`, or `main.py raw --async` for the client of connectrpc as it is; with `--sync`
the sync ones. They differ in how a client is made and in nothing else.
"""
# ruff: noqa: E402

from __future__ import annotations

import asyncio
import os
import platform
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Literal

# What this imports lies in the folder above it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from ameide_conformance_proto.connectrpc.conformance.v1.client_compat_pb import (
    ClientCompatRequest,
    ClientCompatResponse,
    ClientErrorResult,
    ClientResponseResult,
)
from protobuf import Oneof

import ameide_sdk
from connect.call import make_call
from connect.open_raw import open_raw
from connect.open_sdk import open_sdk
from connect.opened import Open
from environment import AsyncWorld, RealClock, SyncWorld, World, drive
from frames import read_frames, to_frame

# Cases at once: most of a case is waiting, and deadlines of a few hundred milliseconds must hold.
_AT_ONCE = 8

_WAYS: dict[str, Open] = {"raw": open_raw, "sdk": open_sdk}
_KINDS = ("--async", "--sync")


def _main(arguments: list[str]) -> None:
    way, kind, *others = [*arguments, "", ""][: max(2, len(arguments))]
    if way not in _WAYS or kind not in _KINDS or others not in ([], ["--version"]):
        sys.exit("usage: main.py raw|sdk --async|--sync [--version]")
    if others:
        sys.stdout.write(f"{_versions(way)}\n")
    elif kind == "--async":
        asyncio.run(_serve_async(_WAYS[way]))
    else:
        _serve_sync(_WAYS[way])


def _versions(way: str) -> str:
    sdk = f"ameide-sdk-python {ameide_sdk.__version__}, " if way == "sdk" else ""
    runtime = f"connectrpc {version('connectrpc')}, pyqwest {version('pyqwest')}"
    return f"{sdk}{runtime}, {platform.python_implementation()} {platform.python_version()}"


async def _serve_async(by: Open) -> None:
    frames = read_frames(sys.stdin.buffer)
    reading = asyncio.Lock()

    async def work() -> None:
        while True:
            async with reading:
                frame = await asyncio.to_thread(next, frames, None)
            if frame is None:
                return
            request = ClientCompatRequest.from_binary(frame)
            world = AsyncWorld(RealClock(0))
            # In a task of its own, which the case may cancel.
            _tell(await asyncio.create_task(_answer(by, request, world)))

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


def _serve_sync(by: Open) -> None:
    def work(frame: bytes) -> None:
        request = ClientCompatRequest.from_binary(frame)
        _tell(drive(_answer(by, request, SyncWorld(RealClock(0), None))))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(work, read_frames(sys.stdin.buffer)):
            pass


async def _answer(by: Open, request: ClientCompatRequest, world: World) -> ClientCompatResponse:
    name = request.test_name
    try:
        opened = by(request, is_async=world.is_async)
        try:
            result = await make_call(opened, request, world)
        finally:
            await world.give(opened.close())
    except Exception as error:
        failed = ClientErrorResult(message=f"{type(error).__name__}: {error}")
        told: Oneof[Literal["error"], ClientErrorResult] = Oneof("error", failed)
        return ClientCompatResponse(test_name=name, result=told)
    response: Oneof[Literal["response"], ClientResponseResult] = Oneof("response", result)
    return ClientCompatResponse(test_name=name, result=response)


# Frames alone go to the standard output: whatever else prints is told on standard error.
_output = os.fdopen(os.dup(1), "wb")
_writing = threading.Lock()


def _tell(response: ClientCompatResponse) -> None:
    with _writing:
        _output.write(to_frame(response.to_binary()))
        _output.flush()


if __name__ == "__main__":
    _main(sys.argv[1:])
