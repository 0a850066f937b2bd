"""Work that waits, written once for async and sync callers.

A flow is a generator. It yields effects, and is resumed with their results or errors; a waiter of
`waiter.py` carries them out, by awaiting or by blocking.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

PauseKind: TypeAlias = Literal["sleep", "deadline"]


@dataclass(frozen=True, slots=True)
class Pause:
    """Waits until a time has come or the waiter is woken, be it for another reason.

    Attributes:
        until_ms: Monotonic time in milliseconds; `math.inf` for none.
        kind: `sleep` between attempts, `deadline` for anything else.
        asked_ms: How long a sleep is to be, as the hook for tests is told.
    """

    until_ms: float
    kind: PauseKind = "deadline"
    asked_ms: float = 0


@dataclass(frozen=True, slots=True)
class Perform:
    """Runs what only the shell can run, and gives its result.

    Attributes:
        run: Returns an awaitable for an async waiter, otherwise the result.
        until_ms: Monotonic time in milliseconds at which an async waiter ends it, with
            `Interrupted`; a sync one leaves that to `run`.
    """

    run: Callable[[], Any]
    until_ms: float


class Interrupted(Exception):  # noqa: N818
    """A `Perform` was ended because its time was over or its waiter was woken."""


_T = TypeVar("_T")

Flow: TypeAlias = Generator[Pause | Perform, Any, _T]
