from __future__ import annotations

import asyncio
import contextvars
from types import SimpleNamespace
from typing import Any

import pytest
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import Headers, RequestContext

from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.options.ambient_deadline import ambient_deadline, deadline_from
from ameide_sdk._internal.options.ambient_timeout import ambient_timeout


def served(timeout_ms: int | None) -> RequestContext[object, object]:
    method = MethodInfo(
        name="Charge",
        service_name="acme.v1.Billing",
        input=object,
        output=object,
        idempotency_level=IdempotencyLevel.UNKNOWN,
        stream_type=StreamType.UNARY,
    )
    return RequestContext(
        method=method, http_method="POST", request_headers=Headers(), timeout_ms=timeout_ms
    )


def test_a_request_of_connect_has_a_deadline() -> None:
    left = ambient_timeout("deadline_from", served(60_000))
    assert left is not None
    assert 0 < left <= 60_000
    assert ambient_timeout("deadline_from", served(None)) is None
    assert ambient_timeout("deadline_from", lambda: None) is None
    assert ambient_timeout("deadline_from", lambda: served(None)) is None


@pytest.mark.parametrize("ms", ["5", True, float("nan"), float("-inf"), []])
def test_what_is_no_time_is_refused(ms: object) -> None:
    source: Any = SimpleNamespace(timeout_ms=ms)
    with pytest.raises(AmeideError, match="option deadline_from: must have timeout_ms"):
        ambient_timeout("deadline_from", source)


@pytest.mark.parametrize("digits", [16, 400])
def test_very_long_times_are_as_long_as_any(digits: int) -> None:
    source: Any = SimpleNamespace(timeout_ms=10**digits)
    assert ambient_timeout("deadline_from", source) == 2**53 - 1
    over: Any = SimpleNamespace(timeout_ms=-(10**digits))
    assert ambient_timeout("deadline_from", over) == 0


def test_what_raises_is_refused_with_its_cause() -> None:
    def fail() -> None:
        raise RuntimeError("s3cret")

    with pytest.raises(AmeideError, match=r"; it raised$") as caught:
        ambient_timeout("deadline_from", fail)
    assert "s3cret" not in str(caught.value)
    assert isinstance(caught.value.cause, RuntimeError)


def test_a_block_ends_where_it_began() -> None:
    outer, inner = served(2), served(1)
    with deadline_from(outer):
        with deadline_from(inner):
            assert ambient_deadline() is inner
        assert ambient_deadline() is outer
    assert ambient_deadline() is None


async def test_each_task_has_its_own() -> None:
    async def handle(request: RequestContext[object, object]) -> bool:
        with deadline_from(request):
            await asyncio.sleep(0)
            return ambient_deadline() is request

    assert await asyncio.gather(*(handle(served(each)) for each in range(3))) == [True] * 3


def test_a_block_may_end_in_another_context() -> None:
    block = deadline_from(served(1))
    contextvars.copy_context().run(block.__enter__)
    block.__exit__(None, None, None)
    assert ambient_deadline() is None
