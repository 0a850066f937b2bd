from __future__ import annotations

import asyncio
import contextvars
import datetime
import math
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from ameide_sdk._internal.auth.auth import AccessToken, Token, TokenProvider, TokenRequest
from ameide_sdk._internal.auth.credential import Credential, CredentialRequest
from ameide_sdk._internal.auth.credential_source import CredentialSource, create_credential_source
from ameide_sdk._internal.auth.provider_call import AsyncProviderCalls, SyncProviderCalls
from ameide_sdk._internal.auth.token_store import TokenStore
from ameide_sdk._internal.auth.token_wait import TokenWait
from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.errors.errors import AmeideError
from ameide_sdk._internal.runtime.runtime import Runtime
from ameide_sdk._internal.runtime.threads import SystemThreads
from ameide_sdk._internal.runtime.virtual_clock import VirtualClock, run_virtually
from ameide_sdk._internal.runtime.waiter import AsyncWaiter, SyncWaiter


def requested(tenant: str | None = None, deadline_ms: float = math.inf) -> CredentialRequest:
    return CredentialRequest(tenant, (), deadline_ms)


class Client:
    """A family of clients, as far as tokens go."""

    def __init__(self, provider: TokenProvider, runtime: Runtime, store: TokenStore) -> None:
        self.runtime = runtime
        self.store = store
        self.source: CredentialSource = create_credential_source(
            {"provider": provider}, runtime, store
        )

    async def value(
        self, request: CredentialRequest, over: Callable[[], bool] = bool
    ) -> str | None:
        waiter = AsyncWaiter(self.runtime)
        found = self.source.get(request, waiter)
        if isinstance(found, TokenWait):
            credential = await waiter.run(found.flow(over))
            return None if credential is None else credential.value
        return found.value


def an_async_client(provider: TokenProvider, runtime: Runtime | None = None) -> Client:
    return Client(provider, runtime or Runtime(), TokenStore(AsyncProviderCalls()))


class SyncClient(Client):
    def __init__(self, provider: TokenProvider) -> None:
        self.threads = SystemThreads()
        super().__init__(provider, Runtime(), TokenStore(SyncProviderCalls(self.threads)))

    def get(self, request: CredentialRequest) -> Credential | None:
        waiter = SyncWaiter(self.runtime, self.threads)
        found = self.source.get(request, waiter)
        return waiter.run(found.flow(bool)) if isinstance(found, TokenWait) else found


def closed() -> AmeideError:
    return config_error("client", "was closed")


def test_64_threads_ask_one_provider_once() -> None:
    asked: list[TokenRequest] = []
    all_wait = threading.Event()
    got: list[Credential | None] = []

    def provider(request: TokenRequest) -> Token:
        asked.append(request)
        assert all_wait.wait(30)
        return AccessToken("t1")

    client = SyncClient(provider)
    threads = [
        threading.Thread(target=lambda: got.append(client.get(requested("acme"))))
        for _ in range(64)
    ]
    for thread in threads:
        thread.start()
    while len(client.store.waits) < 64:
        time.sleep(0.001)
    all_wait.set()
    for thread in threads:
        thread.join(30)
    assert got == [Credential("authorization", "Bearer t1", 1)] * 64
    assert [request.tenant for request in asked] == ["acme"]
    assert not client.store.waits


def test_a_sync_caller_keeps_its_deadline_while_its_provider_blocks() -> None:
    answer = threading.Event()

    def provider(_request: TokenRequest) -> Token:
        answer.wait(30)
        return AccessToken("late")

    client = SyncClient(provider)
    soon = client.runtime.clock.now() + 20
    assert client.get(requested(deadline_ms=soon)) is None
    assert client.runtime.clock.now() >= soon
    answer.set()
    later = client.get(requested())
    assert later is not None
    assert later.value == "Bearer late"


def test_close_from_another_thread_wakes_who_waits() -> None:
    may_end = threading.Event()

    def provider(_request: TokenRequest) -> Token:
        may_end.wait(30)
        return AccessToken("t")

    client = SyncClient(provider)
    threading.Timer(0.02, client.store.close, [closed]).start()
    with pytest.raises(AmeideError, match="was closed"):
        client.get(requested())
    with pytest.raises(AmeideError, match="was closed"):
        client.get(requested())
    may_end.set()


def test_a_sync_client_refuses_an_async_provider() -> None:
    async def provider(_request: TokenRequest) -> Token:
        return AccessToken("t")

    with pytest.raises(AmeideError, match=r"auth\.provider: must not be async") as raised:
        SyncClient(provider).get(requested())
    assert raised.value.reason == "CONFIG_INVALID"


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError()])
def test_what_is_no_exception_fails_in_a_thread_as_well(error: BaseException) -> None:
    def provider(_request: TokenRequest) -> Token:
        raise error

    with pytest.raises(AmeideError) as raised:
        SyncClient(provider).get(requested())
    assert raised.value.reason == "TOKEN_PROVIDER_FAILED"
    assert raised.value.cause is error


def test_an_error_that_many_raise_collects_no_tracebacks() -> None:
    def provider(_request: TokenRequest) -> Token:
        raise ValueError("no")

    client = SyncClient(provider)
    raised: list[AmeideError] = []
    for _ in range(3):
        with pytest.raises(AmeideError) as info:
            client.get(requested())
        raised.append(info.value)
    assert len({id(each) for each in raised}) == 3
    assert len({id(each.cause) for each in raised}) == 1


def test_a_call_that_is_canceled_takes_the_token_from_no_other() -> None:
    asked = 0

    async def provider(_request: TokenRequest) -> Token:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.1)
        return AccessToken("t1")

    async def main() -> None:
        client = an_async_client(provider, runtime)
        first = asyncio.create_task(client.value(requested()))
        second = asyncio.create_task(client.value(requested()))
        await asyncio.sleep(0.05)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await second == "Bearer t1"
        assert asked == 1
        assert not client.store.waits

    clock = VirtualClock()
    runtime = Runtime(clock=clock)
    run_virtually(main, clock)


def test_a_provider_canceling_itself_fails_and_cancels_nobody() -> None:
    async def provider(_request: TokenRequest) -> Token:
        await asyncio.sleep(0.01)
        raise asyncio.CancelledError

    async def main() -> None:
        task = asyncio.create_task(an_async_client(provider).value(requested()))
        with pytest.raises(AmeideError) as raised:
            await task
        assert raised.value.reason == "TOKEN_PROVIDER_FAILED"
        assert not task.cancelling()

    run_virtually(main)


def test_a_provider_hears_its_deadline_and_is_ended_there() -> None:
    clock = VirtualClock()
    ended: list[float] = []
    deadlines: list[datetime.datetime] = []

    async def provider(request: TokenRequest) -> Token:
        deadlines.append(request.deadline)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(clock.now())
        raise AssertionError

    async def main() -> None:
        client = an_async_client(provider, Runtime(clock=clock))
        with pytest.raises(AmeideError, match="it gave no token within 30000 ms"):
            await client.value(requested())

    started = datetime.datetime.fromtimestamp(clock.wall_now() / 1e3, datetime.UTC)
    run_virtually(main, clock)
    assert ended == [30_000]
    assert deadlines == [started + datetime.timedelta(seconds=30)]


def test_close_cancels_an_async_provider() -> None:
    canceled = False

    async def provider(_request: TokenRequest) -> Token:
        nonlocal canceled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            canceled = True
            raise
        raise AssertionError

    async def main() -> None:
        client = an_async_client(provider)
        task = asyncio.create_task(client.value(requested()))
        await asyncio.sleep(1)
        client.store.close(closed)
        with pytest.raises(AmeideError, match="was closed"):
            await task
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtually(main)
    assert canceled


def test_a_request_of_a_loop_that_ended_holds_back_nobody_in_the_next() -> None:
    asked = 0

    async def provider(_request: TokenRequest) -> Token:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.Event().wait()
        return AccessToken(f"t{asked}")

    client = an_async_client(provider)

    async def left() -> None:
        assert await client.value(requested(deadline_ms=client.runtime.clock.now() + 1)) is None

    async def main() -> None:
        assert await client.value(requested()) == "Bearer t2"

    asyncio.run(left())
    asyncio.run(main())


def test_who_joined_a_request_of_another_loop_asks_by_itself_when_that_ends() -> None:
    asked = threading.Semaphore(0)
    waits = threading.Event()
    count = 0

    async def provider(_request: TokenRequest) -> Token:
        nonlocal count
        count += 1
        asked.release()
        if count == 1:
            await asyncio.Event().wait()
        return AccessToken("second")

    client = an_async_client(provider)
    got: list[str | None] = []

    async def begins() -> None:
        task = asyncio.create_task(client.value(requested()))
        await asyncio.to_thread(waits.wait)
        task.cancel()

    async def joins() -> None:
        got.append(await client.value(requested()))

    first = threading.Thread(target=lambda: asyncio.run(begins()))
    first.start()
    assert asked.acquire(timeout=30)
    second = threading.Thread(target=lambda: asyncio.run(joins()))
    second.start()
    while len(client.store.waits) < 2:
        time.sleep(0.001)
    waits.set()
    first.join(30)
    second.join(30)
    assert got == ["Bearer second"]


@pytest.mark.parametrize("is_async", [True, False])
def test_a_provider_sees_no_context_variable_of_a_call(*, is_async: bool) -> None:
    user = contextvars.ContextVar("user", default="nobody")

    def answer() -> Token:
        return AccessToken(user.get())

    async def answer_later() -> Token:
        return answer()

    def provider(_request: TokenRequest) -> Token | Awaitable[Token]:
        return answer_later() if is_async else answer()

    async def main() -> None:
        user.set("alice")
        assert await an_async_client(provider).value(requested()) == "Bearer nobody"

    asyncio.run(main())


def test_ctrl_c_in_a_provider_called_at_once_is_raised_and_leaves_no_wait() -> None:
    def provider(_request: TokenRequest) -> Token:
        raise KeyboardInterrupt

    client = an_async_client(provider)

    async def main() -> None:
        with pytest.raises(KeyboardInterrupt):
            client.source.get(requested(), AsyncWaiter(client.runtime))
        with pytest.raises(AmeideError, match="the token provider failed"):
            await client.value(requested())

    asyncio.run(main())
    assert not client.store.waits


def test_no_waiter_is_woken_that_has_not_begun_to_wait() -> None:
    class Recorded(SyncWaiter):
        woken = 0

        def wake(self) -> None:
            self.woken += 1

    client = an_async_client(lambda _: AccessToken("t"))
    waiter = Recorded(client.runtime, SystemThreads())
    assert isinstance(client.source.get(requested(), waiter), Credential)
    assert waiter.woken == 0


def test_an_abandoned_wait_is_left_even_under_the_lock() -> None:
    async def provider(_request: TokenRequest) -> Token:
        await asyncio.sleep(1)
        return AccessToken("t")

    async def main() -> None:
        client = an_async_client(provider)
        found = client.source.get(requested(), AsyncWaiter(client.runtime))
        assert isinstance(found, TokenWait)
        flow = found.flow(bool)
        next(flow)
        with client.store.lock:
            del flow
        assert not client.store.waits

    run_virtually(main)
