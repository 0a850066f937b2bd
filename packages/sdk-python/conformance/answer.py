"""Answers requests of the runner, one at a time."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import (
    AdapterRequest,
    AdapterResponse,
    RunRequest,
    RunResponse,
)
from protobuf import Oneof

from ameide_sdk._internal.runtime.virtual_clock import Baton, DeadlockError, VirtualClock
from constants import describe
from environment import (
    AsyncWorld,
    RealClock,
    SyncWorld,
    WatchedLoop,
    drive,
    sockets,
    sockets_left,
)
from run import run, wall_clock_of
from unhandled import Trouble, watch_loop, watch_trouble


def answer(text: bytes, is_async: bool) -> bytes:
    """Answers a request, both as protobuf JSON."""
    response: Any = AdapterResponse()
    try:
        members = json.loads(text)
        response.id = int(members.get("id", 0))
        action: Any = AdapterRequest.from_json(text).action
        match action:
            case Oneof(field="describe"):
                response.result = Oneof("describe", describe(is_async))
            case Oneof(field="run", value=request):
                ran = _run(request, _policy_in(members), is_async)
                response.result = Oneof("run", ran)
            case _:
                raise ValueError("the request asks for nothing")
    except Exception:
        response.result = Oneof("error", traceback.format_exc())
    json_text: str = response.to_json()
    return json_text.encode()


# The policy document as it is written, with its order and its kinds of numbers.
def _policy_in(members: dict[str, Any]) -> Any:
    return members["run"].get("given", {}).get("client", {}).get("policy")


def _run(request: RunRequest, policy: Any, is_async: bool) -> RunResponse:
    before = sockets()
    with watch_trouble() as trouble:
        in_world = _in_loop if is_async else _in_threads
        response = in_world(request, policy, trouble)
    assert response.leaks is not None
    response.leaks.unhandled = trouble.unhandled
    response.leaks.warnings = trouble.warnings
    if request.base_url and not (request.given and request.given.left_open):
        response.leaks.sockets = sockets_left(before)
    return response


def _in_loop(request: RunRequest, policy: Any, trouble: Trouble) -> RunResponse:
    wall_ms = wall_clock_of(request)
    virtual = VirtualClock(wall_ms)
    clock = RealClock(wall_ms) if request.base_url else virtual

    def loop() -> asyncio.AbstractEventLoop:
        made = asyncio.SelectorEventLoop() if request.base_url else WatchedLoop(virtual)
        watch_loop(made, trouble)
        return made

    async def main() -> RunResponse:
        return await run(request, policy, AsyncWorld(clock))

    with asyncio.Runner(loop_factory=loop) as runner:
        try:
            return runner.run(main())
        except DeadlockError:
            for task in asyncio.all_tasks(runner.get_loop()):
                task.print_stack(file=sys.stderr)
            raise


def _in_threads(request: RunRequest, policy: Any, _trouble: Trouble) -> RunResponse:
    wall_ms = wall_clock_of(request)
    if request.base_url:
        return drive(run(request, policy, SyncWorld(RealClock(wall_ms), None)))
    clock = VirtualClock(wall_ms)
    baton = Baton(clock)
    return baton.run(lambda: drive(run(request, policy, SyncWorld(clock, baton))))
