"""The concerns of the contract between a client and the services, a test for each."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from ameide_core_proto.ameide.threads.v1 import threads_pb as pb
from ameide_core_proto.ameide.threads.v1.threads_connect import ThreadsServiceClient
from connectrpc.code import Code
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pyqwest import ReadError, Request, Response, Transport
from target import Target

import ameide_sdk
from ameide_sdk import AmeideError, AttemptStarted, CallEvent


class Attempts:
    """Collects the attempts that a client starts."""

    def __init__(self) -> None:
        self.started: list[AttemptStarted] = []

    def __call__(self, event: CallEvent) -> None:
        if isinstance(event, AttemptStarted):
            self.started.append(event)


def connect(target: Target, **options: Any) -> ThreadsServiceClient:
    merged: dict[str, Any] = {**target.options, **options}
    return ameide_sdk.connect(ThreadsServiceClient, **merged)


async def test_headers(target: Target) -> None:
    """Every attempt names tenant, credential and client."""
    attempts = Attempts()
    async with connect(target, observer=attempts) as threads:
        await threads.list_threads(pb.ListThreadsRequest(page_size=1))
    (attempt,) = attempts.started
    assert attempt.headers["authorization"] == "REDACTED"
    assert attempt.headers["x-tenant-id"] == "REDACTED"
    assert re.match(r"ameide-sdk-python/", attempt.headers["user-agent"])


async def test_request_id(target: Target) -> None:
    """The server answers with the id of the call."""
    request_id = f"suite-{uuid.uuid4()}"
    async with connect(target) as threads:
        called = ameide_sdk.with_options(threads, request_id=request_id)
        with ameide_sdk.ResponseMetadata() as response:
            await called.list_threads(pb.ListThreadsRequest(page_size=1))
        assert response.headers["x-request-id"] == request_id
        with pytest.raises(AmeideError) as failed:
            await called.get_thread(pb.GetThreadRequest(thread_id="no-such-thread"))
    error = failed.value
    assert (error.code, error.origin, error.request_id) == (Code.NOT_FOUND, "server", request_id)


async def test_auth(target: Target) -> None:
    """A token that the server does not know is refused, and not tried again."""
    async with connect(target, auth={"token": "a-token-of-nobody"}) as threads:
        with pytest.raises(AmeideError) as failed:
            await threads.list_threads(pb.ListThreadsRequest(page_size=1))
    assert (failed.value.code, failed.value.origin) == (Code.UNAUTHENTICATED, "server")
    assert len(failed.value.attempts) == 1


class LosesFirstAnswer(Transport):
    """Lets the server act, and loses what it answers."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._lost = False

    async def execute(self, request: Request) -> Response:
        response = await self._inner.execute(request)
        if not self._lost:
            self._lost = True
            raise ReadError("connection reset by peer")
        return response


async def test_retry(target: Target) -> None:
    """A lost answer is asked for again, and creates nothing twice."""
    title = f"suite-{uuid.uuid4()}"
    attempts = Attempts()
    lossy = LosesFirstAnswer(target.transport())
    async with connect(target, transport=lossy, observer=attempts) as threads:
        created = await threads.create_thread(pb.CreateThreadRequest(title=title))
        assert created.thread is not None
        keys = [attempt.idempotency_key for attempt in attempts.started]
        found = [each async for each in titles(threads) if each == title]
        await threads.delete_thread(pb.DeleteThreadRequest(thread_id=created.thread.id))
    assert len(keys) == 2
    assert keys[0]
    assert keys[0] == keys[1]
    assert found == [title]


async def titles(threads: ThreadsServiceClient) -> Any:
    page_token = ""
    while True:
        request = pb.ListThreadsRequest(page_size=1000, page_token=page_token)
        page = await threads.list_threads(request)
        for thread in page.threads:
            yield thread.title
        page_token = page.next_page_token
        if not page_token:
            return


async def test_timeout(target: Target) -> None:
    """A stream ends at its deadline."""
    async with connect(target) as threads:
        created = await threads.create_thread(pb.CreateThreadRequest(title="watched"))
        assert created.thread is not None
        request = pb.WatchThreadRequest(thread_id=created.thread.id)
        brief = ameide_sdk.with_options(threads, timeout=0.5)
        with pytest.raises(AmeideError) as failed:
            async for _ in brief.watch_thread(request):
                pass  # Nothing happens to it.
        await threads.delete_thread(pb.DeleteThreadRequest(thread_id=created.thread.id))
    assert (failed.value.code, failed.value.stop_reason) == (Code.DEADLINE_EXCEEDED, "deadline")


async def test_tracing(target: Target) -> None:
    """What is sent belongs to the span of the call."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    attempts = Attempts()
    telemetry = ameide_sdk.open_telemetry(tracer_provider=provider)
    async with connect(target, telemetry=telemetry, observer=attempts) as threads:
        await threads.list_threads(pb.ListThreadsRequest(page_size=1))
    (span,) = exporter.get_finished_spans()
    assert span.name == "ameide.threads.v1.ThreadsService/ListThreads"
    context = span.get_span_context()
    assert context is not None
    want = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    assert attempts.started[0].headers["traceparent"] == want
