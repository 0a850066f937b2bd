"""Does what a case says through the public API, and tells what happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.adapter_pb import (
    Leaks,
    RunRequest,
    RunResponse,
    SeenOutcome,
)
from ameide_conformance_proto.ameide.conformance.v1.case_pb import Derive, Given, Step
from ameide_conformance_proto.ameide.conformance.v1.expect_pb import Drained, Explained
from ameide_conformance_proto.ameide.conformance.v1.script_pb import Script
from ameide_conformance_proto.ameide.conformance.v1.service_connect import ConformanceService
from ameide_conformance_proto.ameide.conformance.v1.service_pb import ConformanceRequest
from protobuf import Oneof
from protobuf.wkt import Value

from ameide_sdk._internal.runtime.runtime import Randomness, Runtime
from calls import CallMaker
from constants import perturbed
from deeds import perform
from entries import CaseClient, open_client
from environment import Begun, World, drive, variables
from options import client_options, settings
from outcome import outcome_of
from providers import ProviderContext
from script_client import ScriptClient
from telemetry import RecordedLogs, RecordedTelemetry, with_baggage

_SERVICE = ConformanceService.desc().type_name


def wall_clock_of(request: RunRequest) -> float:
    """Returns the wall clock at the start of a case, in epoch milliseconds."""
    return (request.given and request.given.wall_clock_ms) or 1_767_225_600_000  # 2026-01-01


async def run(request: RunRequest, policy: Any, world: World) -> RunResponse:
    """Runs a case.

    Args:
        policy: The policy document as it is written; None for none.
        world: What it runs in.
    """
    return await _CaseRun(request, policy, world).run()


class _CaseRun:
    """A case that is being run."""

    def __init__(self, request: RunRequest, policy: Any, world: World) -> None:
        self._request = request
        self._policy = policy
        self._world = world
        self._given = request.given or Given()
        self._constants = perturbed(request.constants)
        self._context = ProviderContext(world, lambda deed: perform(deed, self))
        self._calls = CallMaker(self._context)
        self._script = ScriptClient(request.script or Script(), world) if world.in_memory else None
        client = self._given.client
        self._telemetry = (
            RecordedTelemetry(lambda: self._watch("telemetry", ""))
            if client is not None and client.telemetry
            else None
        )
        self._logs = RecordedLogs(lambda event: self._watch("logger", event))
        self._clients: dict[str, CaseClient] = {}
        self._response = RunResponse()
        self._events: list[dict[str, Any]] = []
        self._called_again = False
        # Calls, drains and closes that callbacks began.
        self._begun: list[Begun[Any]] = []

    async def run(self) -> RunResponse:
        with ExitStack() as around:
            if self._given.ambient_baggage:
                around.enter_context(with_baggage(self._given.ambient_baggage))
            if self._given.ambient_span and self._telemetry is not None:
                around.enter_context(self._telemetry.in_span())
            await self._steps()
        for begun in self._begun:
            await begun.join()
        if not self._given.left_open and "" in self._clients:
            await self._world.give(self._clients[""].family.close())
        await self._world.settle()
        response = await self._told()
        # No garbage collector looks into objects of pyqwest, which hold transports and bodies.
        self._clients.clear()
        self._script = None
        return response

    async def _told(self) -> RunResponse:
        response = self._response
        await self._context.end()
        timers, tasks = self._world.leaks()
        response.leaks = Leaks() if self._given.left_open else Leaks(timers=timers, tasks=tasks)
        if self._script is not None:
            response.requests = await self._script.requests()
        response.provider_calls = self._context.calls
        response.items = self._calls.items
        response.logs = self._logs.lines
        response.events = [json.dumps(event) for event in self._events]
        budgets = [event["budgetTokens"] for event in self._events if "budgetTokens" in event]
        if budgets:
            response.budget = budgets[-1]
        if self._telemetry is not None:
            response.spans = self._telemetry.spans()
            response.metrics = self._telemetry.metrics()
        return response

    # A client that cannot be made ends the case: the error is its outcome.
    async def _steps(self) -> None:
        options = self._options()
        entry, is_async = self._request.entry, self._world.is_async
        if not await self._make("", lambda: open_client(entry, is_async, options)):
            return
        for step in self._given.steps:
            await self._step(step)
            # What a step began beside goes as far as it gets without time.
            await self._world.settle()

    def _options(self) -> dict[str, Any]:
        options = client_options(self._request, self._policy, self._context)
        options["telemetry"] = False if self._telemetry is None else self._telemetry.option
        options["observer"] = self._observe
        client = self._given.client
        if client is not None and client.log_level:
            options["logger"] = self._logs.logger
            options["log_level"] = client.log_level
        if self._script is not None:
            options["transport"] = self._script
        options["_runtime"] = Runtime(
            clock=self._world.clock,
            random=Randomness(
                backoff=_sequence(self._given.random).__next__,
                auth_jitter=_sequence(self._given.auth_random).__next__,
            ),
            constants=self._constants,
            threads=self._world.sdk_threads,
            on_sleep=self._slept,
        )
        return options

    def _slept(self, asked_ms: float) -> None:
        if asked_ms > 0:
            self._response.sleeps.append(asked_ms)

    # Makes a client under a name; an error is an outcome.
    async def _make(self, name: str, make: Callable[[], CaseClient]) -> bool:
        async def made() -> str:
            with variables(self._given.env):
                self._clients[name] = make()
            return ""

        outcome = await outcome_of(self._world.clock, made)
        if outcome.error is not None:
            self._response.outcomes.append(outcome)
        return outcome.error is None

    async def _step(self, step: Step) -> None:
        action: Any = step.action
        match action:
            case Oneof(field="call", value=call):
                outcomes = await self._calls.make(call, self._client(call.client))
                self._response.outcomes.extend(outcomes)
            case Oneof(field="derive", value=given):
                await self._derive(given)
            case Oneof(field="advance_ms", value=ms):
                await self._world.sleep(ms)
            case Oneof(field="wall_jump_ms", value=ms):
                self._world.clock.jump_wall(ms)
            case Oneof(field="paginate", value=paginate):
                outcome = await self._calls.go_through(paginate, self._client(""))
                self._response.outcomes.append(outcome)
            case Oneof(field="explain", value=name):
                self._explain(name)
            case _:
                raise ValueError("a step says nothing")

    async def _derive(self, given: Derive) -> None:
        changes = settings(given.settings, self._context)
        if given.base_url:
            changes["base_url"] = given.base_url
        if given.environment_credentials:
            changes["environment_credentials"] = True
        await self._make(given.name, lambda: self._client(given.from_).derive(changes))

    def _explain(self, name: str) -> None:
        explanation = self._client("").family.explain(f"{_SERVICE}/{name}")
        self._response.explained = {
            key: Explained(value=Value.from_json(json.dumps(each.value)), source=each.source)
            for key, each in explanation.values.items()
        }
        self._response.policy_hash = explanation.hash or ""
        self._response.explain_text = str(explanation)

    def _client(self, name: str) -> CaseClient:
        if name not in self._clients:
            raise ValueError(f"there is no client {name!r}")
        return self._clients[name]

    def _observe(self, event: Any) -> None:
        self._events.append(event.to_json())
        if event.type == "attempt_failed":
            self._calls.attempt_failed()
        elif event.type == "done":
            self._calls.done(event.method)
        self._watch("observer", event.type)

    # Does what a watcher of this name does when it is told.
    def _watch(self, who: str, event: str) -> None:
        client = self._given.client
        for each in client.watchers if client is not None else []:
            if each.who == who and each.at in ("", event):
                perform(each.does, self)

    def cancel(self) -> None:
        """Cancels the calls that callbacks may cancel."""
        self._calls.cancel()

    def close(self) -> None:
        """Closes the client."""
        if "" in self._clients:
            self._clients[""].family.close()

    def drain(self) -> None:
        """Drains the client."""
        family, clock = self._clients[""].family, self._world.clock
        start_ms = clock.now()
        drained = Drained()
        self._response.drained.append(drained)

        async def drain() -> None:
            result = await self._world.give(family.drain())
            drained.aborted, drained.ms = result.aborted, clock.now() - start_ms

        self._begun.append(self._world.start(drain))
        if not self._world.is_async:
            drive(self._world.head_start())

    def call_again(self) -> None:
        """Makes a call of the same client, once: in the thread of the callback, if it is sync."""
        if self._called_again:
            return
        self._called_again = True

        async def call() -> SeenOutcome:
            return await outcome_of(self._world.clock, again)

        async def again() -> str:
            stub: Any = self._clients[""].conformance
            answer = await self._world.give(stub.idempotent(ConformanceRequest(text="again")))
            return str(answer.text)

        if self._world.is_async:
            self._begun.append(self._world.start(call))
        else:
            drive(call())


# These numbers, then the last one for ever; 0.5 where there are none.
def _sequence(numbers: list[float]) -> Iterator[float]:
    yield from numbers
    while True:
        yield numbers[-1] if numbers else 0.5
