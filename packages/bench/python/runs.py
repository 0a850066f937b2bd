"""Runs of calls of one unary method, one after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ameide_core_proto.ameide.meter.v1.meter_pb import RecordUsageRequest

Run: TypeAlias = Callable[[int], float]
"""Makes that many calls, and returns how many seconds they took."""

# All runs of a process are in one loop: an async client keeps connections of its own loop.
loop = asyncio.new_event_loop()


def usage() -> RecordUsageRequest:
    """Returns what every call sends."""
    return RecordUsageRequest(team_id="search", agent_id="a1", event_type="completion", model="m1")


def blocking(call: Callable[[RecordUsageRequest], object]) -> Run:
    """Makes a run of sync calls."""

    def run(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            call(usage())
        return time.perf_counter() - started

    return run


def awaiting(call: Callable[[RecordUsageRequest], Awaitable[object]]) -> Run:
    """Makes a run of async calls."""

    async def calls(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            await call(usage())
        return time.perf_counter() - started

    def run(count: int) -> float:
        return loop.run_until_complete(calls(count))

    return run
