"""A platform for tests: another clock, pinned randomness."""

from __future__ import annotations

import random as system_random
from collections.abc import Callable
from typing import Any, TypedDict, cast

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.options import ClientOptions
from ameide_sdk._internal.policy.policy import BEHAVIOR_1, PolicyConstants
from ameide_sdk._internal.runtime.check_test_options import (
    A_DICT,
    A_FUNCTION,
    A_NUMBER,
    check_test_options,
    check_test_value,
    having,
)
from ameide_sdk._internal.runtime.runtime import Clock, Randomness, Runtime, SystemClock, Threads


class PinnedRandom(TypedDict, total=False):
    """Randomness of a test; what is left out is real."""

    backoff: Callable[[], float]
    """Uniform in [0, 1), one draw for each counted retry."""
    auth_jitter: Callable[[], float]
    """Uniform in [0, 1), one draw for each token."""
    bytes: Callable[[int], bytes]
    """Bytes of request ids and idempotency keys, by their number."""


_RANDOM = {"backoff": A_FUNCTION, "auth_jitter": A_FUNCTION, "bytes": A_FUNCTION}


def with_test_runtime(
    options: ClientOptions,
    *,
    clock: Clock | None = None,
    threads: Threads | None = None,
    random: PinnedRandom | None = None,
    constants: PolicyConstants = BEHAVIOR_1,
    on_sleep: Callable[[float], object] | None = None,
) -> ClientOptions:
    """Returns options that make a client run on a test's platform.

    A call fails with CONFIG_INVALID, naming `random`, if the randomness gives an invalid value.

    Args:
        options: Options of the client.
        clock: Source of time, such as a `VirtualClock`. Default the machine's.
        threads: Threads of a sync client, such as a `Baton`. Default the machine's.
        random: Randomness. Default real.
        constants: Built-in numbers of the policy: a changed copy of `BEHAVIOR_1`.
        on_sleep: Is given the seconds of each wait between attempts, as it was asked for.

    Raises:
        AmeideError: CONFIG_INVALID naming the option and the rule.
    """
    check_test_value("options", options, A_DICT)
    if clock is not None:
        check_test_value("clock", clock, having("now", "wall_now"))
    if threads is not None:
        check_test_value("threads", threads, having("event", "start", "set_timer"))
    if random is not None:
        check_test_options("random", cast("dict[str, object]", random), _RANDOM)

    def told(asked_ms: float) -> None:
        if on_sleep is not None:
            on_sleep(asked_ms / 1e3)

    runtime = Runtime(
        clock=clock or SystemClock(),
        threads=threads,
        random=_checked(random or {}),
        constants=constants,
        on_sleep=told,
    )
    changed: dict[str, Any] = {**options, "_runtime": runtime}
    return cast("ClientOptions", changed)


def sequence(*values: float) -> Callable[[], float]:
    """Returns a source that gives these numbers, then the last one for ever.

    Raises:
        AmeideError: CONFIG_INVALID without a number.
    """
    if not values:
        raise config_error("sequence", "must be given at least one number")
    for value in values:
        check_test_value("sequence", value, A_NUMBER)
    left = list(reversed(values))
    return lambda: left.pop() if len(left) > 1 else left[0]


def seeded(seed: int) -> PinnedRandom:
    """Returns randomness that is the same for the same seed."""
    source = system_random.Random(seed)
    return {"backoff": source.random, "auth_jitter": source.random, "bytes": source.randbytes}


# An invalid random number would give invalid waits.
def _checked(random: PinnedRandom) -> Randomness:
    def unit(name: str, draw: Callable[[], float]) -> Callable[[], float]:
        def checked() -> float:
            drawn: Any = draw()
            if not isinstance(drawn, int | float) or not 0 <= drawn < 1:
                raise config_error(f"random.{name}", "must give a number from 0 to less than 1")
            return drawn

        return checked

    def sized(draw: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def checked(length: int) -> bytes:
            drawn: Any = draw(length)
            if not isinstance(drawn, bytes) or len(drawn) != length:
                raise config_error("random.bytes", "must give bytes of the length asked for")
            return drawn

        return checked

    real = Randomness()
    return Randomness(
        backoff=unit("backoff", random.get("backoff", real.backoff)),
        auth_jitter=unit("auth_jitter", random.get("auth_jitter", real.auth_jitter)),
        bytes=sized(random.get("bytes", real.bytes)),
    )
