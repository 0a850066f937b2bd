"""Token providers and interceptors of a case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from ameide_conformance_proto.ameide.conformance.v1.case_pb import (
    Auth,
    Deed,
    ProviderAnswer,
)

from ameide_sdk import AccessToken, TokenRequest
from environment import World, drive


class ProviderContext:
    """What callbacks of a case work with.

    Attributes:
        calls: Calls to token providers.
        perform: Performs a callback's deed.
    """

    def __init__(self, world: World, perform: Callable[[Deed], None]) -> None:
        self.world = world
        self.perform = perform
        self.calls = 0
        self._resting = world.gate()

    async def rest(self, ms: float | None) -> None:
        """Keeps a provider waiting, for None without end; at the end of the case it goes on."""
        if ms is None or ms > 0:
            await self._resting.wait(ms)

    async def end(self) -> None:
        """Lets providers go on that wait: nobody can cancel a thread."""
        if not self.world.is_async:
            self._resting.open()
            await self.world.settle()


def auth(given: Auth, context: ProviderContext) -> dict[str, Any]:
    """Returns a credential as clients take it."""
    if given.header:
        return {"header": given.header, "value": given.value}
    if not given.provider:
        return {"token": given.token}
    answers = _repeated(given.provider)

    def provider(request: TokenRequest) -> AccessToken | Awaitable[AccessToken]:
        context.calls += 1
        answer = next(answers)
        context.perform(answer.does)
        if answer.at_once:
            return _token(answer, context.world)
        providing = _provide(answer, request, context)
        return providing if context.world.is_async else drive(providing)

    return {"provider": provider}


def _repeated(answers: list[ProviderAnswer]) -> Iterator[ProviderAnswer]:
    yield from answers
    while True:
        yield answers[-1]


async def _provide(
    answer: ProviderAnswer, request: TokenRequest, context: ProviderContext
) -> AccessToken:
    world = context.world
    if answer.until_deadline:
        await context.rest(request.deadline.timestamp() * 1e3 - world.clock.wall_now())
        raise RuntimeError("the provider fails at its deadline, as the case says")
    if answer.stall:
        await context.rest(None)
    await context.rest(answer.delay_ms)
    if answer.fail:
        raise _saying(answer.says or ["the provider fails, as the case says"])
    return _token(answer, world)


def _saying(texts: list[str]) -> Exception:
    error = RuntimeError(texts[0])
    if texts[1:]:
        error.__cause__ = _saying(texts[1:])
    return error


# The case states milliseconds, and the SDK takes seconds.
def _token(answer: ProviderAnswer, world: World) -> AccessToken:
    expires_at = None
    if answer.has_field("expires_at"):
        expires_at = answer.expires_at / 1e3
    if answer.has_field("expires_in_ms"):
        expires_at = (world.clock.wall_now() + answer.expires_in_ms) / 1e3
    return AccessToken(answer.token, expires_at)
