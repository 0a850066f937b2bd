"""Errors that nobody took, and warnings of the runtime."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Trouble:
    """Events of a case that would end a process, or are reported on its standard error."""

    unhandled: int = 0
    warnings: int = 0


@contextmanager
def watch_trouble() -> Iterator[Trouble]:
    """Counts for a while. What is told only by the garbage collector is looked for at the end."""
    trouble = Trouble()

    def unhandled(error: Any) -> None:
        trouble.unhandled += 1
        traceback.print_exception(error)

    def warned(message: Warning | str, *_args: object, **_kwargs: object) -> None:
        trouble.warnings += 1
        sys.stderr.write(f"warning: {message}\n")

    kept = threading.excepthook, sys.unraisablehook, warnings.showwarning
    threading.excepthook = lambda args: unhandled(args.exc_value)
    sys.unraisablehook = lambda args: unhandled(args.exc_value)
    warnings.showwarning = warned
    try:
        yield trouble
        gc.collect()
        # What is left by now is kept: it need not be looked through again.
        gc.freeze()
    finally:
        threading.excepthook, sys.unraisablehook, warnings.showwarning = kept


def watch_loop(loop: asyncio.AbstractEventLoop, trouble: Trouble) -> None:
    """Counts what a loop tells of."""

    def told(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        trouble.unhandled += 1
        sys.stderr.write(f"{context['message']}: {context.get('exception')!r}\n")

    loop.set_exception_handler(told)
