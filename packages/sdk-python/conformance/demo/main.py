"""The program by which the demo of `start` drives the async SDK for Python.

Lines of JSON, as packages/e2e/src/demo/remote_sdk.ts has them. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from itertools import chain
from pathlib import Path
from typing import Any

from connectrpc.client import ConnectClient
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from protobuf import DescMethod, Registry
from protobuf.wkt import FileDescriptorSet

import ameide_sdk
from ameide_sdk import AccessToken, AmeideError, CallEvent, TokenRequest


class _AnyService(ConnectClient):
    """Calls methods by the descriptors of the image, so that a changed proto needs no new stubs."""

    async def call(self, method: DescMethod, request: Any, timeout_ms: float | None) -> Any:
        """Makes a unary call."""
        info: MethodInfo[Any, Any] = MethodInfo(
            name=method.name,
            service_name=method.parent.type_name,
            input=method.input.type,
            output=method.output.type,
            idempotency_level=IdempotencyLevel[
                method.idempotency.name.removeprefix("IDEMPOTENCY_")
            ],
            stream_type=StreamType.UNARY,
        )
        return await self.execute_unary(
            request=request,
            method=info,
            timeout_ms=timeout_ms,  # type: ignore[arg-type]
        )


class _Program:
    """The client, and what is under way."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._client: Any = None
        self._registry = Registry()
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._tokens: dict[int, asyncio.Future[AccessToken]] = {}

    def take(self, line: str) -> None:
        """Does what a line tells."""
        match json.loads(line):
            case {"connect": told}:
                self._connect(told)
            case {"call": told}:
                number = told["id"]
                self._calls[number] = self._tasks.create_task(self._call(number, told))
            case {"cancel": {"id": number}}:
                self._calls[number].cancel()
            case {"token": {"id": number, "value": told}}:
                ms: float | None = told.get("expiresAt")
                token = AccessToken(told["token"], None if ms is None else ms / 1e3)
                self._tokens[number].set_result(token)

    async def end(self) -> None:
        """Ends what is under way."""
        if self._client is not None:
            await self._client.close()

    def _connect(self, told: dict[str, Any]) -> None:
        image = FileDescriptorSet.from_binary(Path(told["image"]).read_bytes())
        self._registry = image.to_registry()
        options: dict[str, Any] = {
            "tenant": told["tenant"],
            "allow_insecure_loopback": True,
            "observer": _tell_event,
        }
        if "attemptTimeoutMs" in told:
            options["attempt_timeout"] = told["attemptTimeoutMs"] / 1e3
        if told["withToken"]:
            options["auth"] = {"provider": self._ask_token}
        self._client = ameide_sdk.connect(_AnyService, told["baseUrl"], **options)
        _say("ready", True)

    async def _call(self, number: int, told: dict[str, Any]) -> None:
        service, _, name = told["procedure"].removeprefix("/").partition("/")
        found = self._registry.service(service)
        assert found is not None
        method = next(each for each in found.methods if each.name == name)
        request = method.input.type.from_json(json.dumps(told["request"]), registry=self._registry)
        try:
            response = await self._client.call(method, request, told.get("timeoutMs"))
        except (AmeideError, asyncio.CancelledError) as reason:
            error = AmeideError.from_exception(reason)
            _say("error", {"id": number, "code": error.code.value, "message": error.message})
        else:
            answer = json.loads(response.to_json(registry=self._registry))
            _say("ok", {"id": number, "response": answer})

    async def _ask_token(self, _request: TokenRequest) -> AccessToken:
        number = len(self._tokens) + 1
        self._tokens[number] = asyncio.get_running_loop().create_future()
        _say("needsToken", {"id": number})
        return await self._tokens[number]


def _tell_event(event: CallEvent) -> None:
    _say("event", event.to_json())


def _say(what: str, value: Any) -> None:
    sys.stdout.write(f"{json.dumps({what: value})}\n")
    sys.stdout.flush()


async def _main() -> None:
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in chain(sys.stdin, [None]):
            loop.call_soon_threadsafe(lines.put_nowait, line)

    threading.Thread(target=read, daemon=True).start()
    async with asyncio.TaskGroup() as tasks:
        program = _Program(tasks)
        while (line := await lines.get()) is not None:
            program.take(line)
        await program.end()


asyncio.run(_main())
