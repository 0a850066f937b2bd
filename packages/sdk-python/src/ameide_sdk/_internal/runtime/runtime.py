"""What the SDK takes from its platform, so that tests can take its place."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ameide_sdk._internal.policy.policy import BEHAVIOR_1, PolicyConstants


class Clock(Protocol):
    """A source of time. All values are milliseconds."""

    def now(self) -> float:
        """Returns monotonic time from an arbitrary start."""
        ...

    def wall_now(self) -> float:
        """Returns the time since the Unix epoch."""
        ...


class Event(Protocol):
    """What threads of a sync client wait for: the part of `threading.Event` that is used."""

    def set(self) -> None:
        """Lets go on who waits."""
        ...

    def clear(self) -> None:
        """Makes the next wait a wait."""
        ...

    def is_set(self) -> bool:
        """Reports whether a wait would return at once."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it is set, or for seconds."""
        ...


class TimerHandle(Protocol):
    """A timer that may be given up."""

    def cancel(self) -> None:
        """Gives it up; one that has fired is ignored."""
        ...


class Threads(Protocol):
    """The ways in which a sync client blocks or goes on elsewhere."""

    def event(self) -> Event:
        """Makes an event."""
        ...

    def start(self, run: Callable[[], None]) -> None:
        """Runs a function in a thread of its own, which does not hold the process."""
        ...

    def set_timer(self, run: Callable[[], None], ms: float) -> TimerHandle:
        """Runs a short function after a time, in a thread that all timers share."""
        ...


@dataclass(frozen=True, slots=True)
class Randomness:
    """Three random streams, separate so that one does not shift another.

    Attributes:
        backoff: Uniform in [0, 1), one draw for each counted retry.
        auth_jitter: Uniform in [0, 1), one draw for each token.
        bytes: Bytes of request ids and idempotency keys, by their number.
    """

    backoff: Callable[[], float] = random.random
    auth_jitter: Callable[[], float] = random.random
    bytes: Callable[[int], bytes] = os.urandom


class SystemClock:
    """Time of the machine."""

    def now(self) -> float:
        """Returns monotonic time."""
        return time.monotonic_ns() / 1e6

    def wall_now(self) -> float:
        """Returns the time since the Unix epoch."""
        return time.time_ns() / 1e6


def _nobody(_asked_ms: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything the SDK takes from its platform.

    Attributes:
        constants: The numbers of the policy; only tests have others than the built-in ones.
        threads: None for the machine's own threads.
        on_sleep: Told of each wait between attempts, in milliseconds as it was asked for.
    """

    clock: Clock = field(default_factory=SystemClock)
    random: Randomness = field(default_factory=Randomness)
    constants: PolicyConstants = BEHAVIOR_1
    threads: Threads | None = None
    on_sleep: Callable[[float], None] = _nobody


SYSTEM_RUNTIME = Runtime()
