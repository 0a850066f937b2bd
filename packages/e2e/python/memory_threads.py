"""As much of the service of threads as the concerns need, for one tenant and one token."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from ameide_core_proto.ameide.threads.v1 import threads_pb as pb
from ameide_core_proto.ameide.threads.v1.threads_connect import (
    ThreadsService,
    ThreadsServiceASGIApplication,
)
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from connectrpc.request import RequestContext


class _Guard:
    """Demands a token and a tenant, and answers with the id of the request."""

    def __init__(self, token: str, tenant: str) -> None:
        self._token = token
        self._tenant = tenant

    async def intercept_unary(
        self,
        call_next: Callable[[Any, RequestContext[Any, Any]], Awaitable[Any]],
        request: Any,
        ctx: RequestContext[Any, Any],
    ) -> Any:
        self._check(ctx)
        return await call_next(request, ctx)

    async def intercept_server_stream(
        self,
        call_next: Callable[[Any, RequestContext[Any, Any]], AsyncIterator[Any]],
        request: Any,
        ctx: RequestContext[Any, Any],
    ) -> AsyncIterator[Any]:
        self._check(ctx)
        async for message in call_next(request, ctx):
            yield message

    def _check(self, ctx: RequestContext[Any, Any]) -> None:
        sent = ctx.request_headers
        ctx.response_headers["x-request-id"] = sent.get("x-request-id", "")
        if sent.get("authorization") != f"Bearer {self._token}":
            raise ConnectError(Code.UNAUTHENTICATED, "the token is not known")
        if sent.get("x-tenant-id") != self._tenant:
            raise ConnectError(Code.PERMISSION_DENIED, "the token is for another tenant")


class _Threads(ThreadsService):
    def __init__(self) -> None:
        self._threads: dict[str, pb.Thread] = {}
        self._created: dict[str, str] = {}

    async def create_thread(
        self, request: pb.CreateThreadRequest, ctx: RequestContext[Any, Any]
    ) -> pb.CreateThreadResponse:
        key = ctx.request_headers.get("idempotency-key", secrets.token_hex())
        thread_id = self._created.setdefault(key, secrets.token_hex())
        made = pb.Thread(id=thread_id, title=request.title)
        return pb.CreateThreadResponse(thread=self._threads.setdefault(thread_id, made))

    async def get_thread(
        self, request: pb.GetThreadRequest, ctx: RequestContext[Any, Any]
    ) -> pb.GetThreadResponse:
        return pb.GetThreadResponse(thread=self._find(request.thread_id))

    async def list_threads(
        self, request: pb.ListThreadsRequest, ctx: RequestContext[Any, Any]
    ) -> pb.ListThreadsResponse:
        return pb.ListThreadsResponse(threads=list(self._threads.values()))

    async def delete_thread(
        self, request: pb.DeleteThreadRequest, ctx: RequestContext[Any, Any]
    ) -> pb.DeleteThreadResponse:
        self._threads.pop(request.thread_id, None)
        return pb.DeleteThreadResponse()

    async def watch_thread(
        self, request: pb.WatchThreadRequest, ctx: RequestContext[Any, Any]
    ) -> AsyncIterator[pb.WatchThreadResponse]:
        self._find(request.thread_id)
        await asyncio.Event().wait()
        yield pb.WatchThreadResponse()

    def _find(self, thread_id: str) -> pb.Thread:
        if thread_id not in self._threads:
            raise ConnectError(Code.NOT_FOUND, "there is no such thread")
        return self._threads[thread_id]


def memory_threads(token: str, tenant: str) -> ThreadsServiceASGIApplication:
    """Returns the service, which forgets everything with the process."""
    return ThreadsServiceASGIApplication(_Threads(), interceptors=[_Guard(token, tenant)])
