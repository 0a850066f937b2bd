"""The adapter of the conformance suite for both SDKs of Python.

It does what a case says through the public API, and tells what happened. Cases run in processes of
their own, one at a time in each: so sockets and variables are those of the case.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, BinaryIO

from answer import answer
from frames import read_frames, to_frame

# How many cases on real sockets, and in memory, go on at the same time.
_ON_SOCKETS = 12
_IN_MEMORY = os.cpu_count() or 1

# Time after which a case is given up, before the adapter counts as silent.
_LIMIT_S = 9


@dataclass(slots=True, eq=False)
class _Worker:
    """A process for cases, and the pipes to it."""

    process: int
    asked: BinaryIO
    answered: BinaryIO

    def ask(self, text: bytes) -> bytes | None:
        """Returns its answer; None where it ends instead."""
        try:
            self.asked.write(to_frame(text))
            self.asked.flush()
            return next(read_frames(self.answered), None)
        except (BrokenPipeError, EOFError):
            return None

    def close(self) -> int:
        """Ends its input, and waits until it ends by itself."""
        self.asked.close()
        self.answered.close()
        _, status = os.waitpid(self.process, 0)
        return os.waitstatus_to_exitcode(status)


class _Forked(BaseException):
    """Leads out of what the parent does."""

    def __init__(self, asked: BinaryIO, answered: BinaryIO) -> None:
        self.asked = asked
        self.answered = answered


def _main(is_async: bool) -> None:
    faulthandler.register(signal.SIGUSR1)
    # Frames alone go to the standard output: whatever else prints is told on standard error.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.freeze()
    parent = os.getpid()
    try:
        _dispatch(output, is_async)
    except _Forked as forked:
        output.close()
        threading.Thread(target=_end_with, args=[parent], daemon=True).start()
        _work(forked.asked, forked.answered, is_async)


# Their descriptors are closed, and may have been given to others: a file let go would close those.
_of_others: list[_Worker] = []


# Once everything is imported a fork costs next to nothing. A child has no request behind it, and,
# but for one that takes the place of another, no thread beside it.
def _fork(others: list[_Worker]) -> _Worker:
    asked, answered = os.pipe(), os.pipe()
    process = os.fork()
    if process:
        os.close(asked[0])
        os.close(answered[1])
        return _Worker(process, os.fdopen(asked[1], "wb"), os.fdopen(answered[0], "rb"))
    _of_others.extend(others)
    for other in others:
        os.close(other.asked.fileno())
        os.close(other.answered.fileno())
    os.close(asked[1])
    os.close(answered[0])
    raise _Forked(os.fdopen(asked[0], "rb"), os.fdopen(answered[1], "wb"))


# Who was killed leaves its processes behind.
def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _work(asked: IO[bytes], answered: IO[bytes], is_async: bool) -> None:
    for text in read_frames(asked):
        faulthandler.dump_traceback_later(_LIMIT_S, exit=True)
        response = answer(text, is_async)
        faulthandler.cancel_dump_traceback_later()
        answered.write(to_frame(response))
        answered.flush()


def _dispatch(output: BinaryIO, is_async: bool) -> None:
    workers: list[_Worker] = []
    for _ in range(_ON_SOCKETS + _IN_MEMORY):
        workers.append(_fork(workers))
    writing = threading.Lock()

    def tell(response: bytes) -> None:
        with writing:
            output.write(to_frame(response))
            output.flush()

    on_sockets = _Pool(workers, slice(None, _ON_SOCKETS), tell, is_async)
    in_memory = _Pool(workers, slice(_ON_SOCKETS, None), tell, is_async)
    for text in read_frames(sys.stdin.buffer):
        request = json.loads(text)
        is_on_sockets = bool(request.get("run", {}).get("baseUrl"))
        pool = on_sockets if is_on_sockets else in_memory
        pool.asked.put((request.get("id", "0"), text))
    on_sockets.close()
    in_memory.close()


class _Pool:
    """Processes that take cases from one queue.

    Attributes:
        asked: Numbers and texts of requests.
    """

    def __init__(
        self, workers: list[_Worker], own: slice, tell: Callable[[bytes], None], is_async: bool
    ) -> None:
        self.asked: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self._workers = workers
        self._tell = tell
        self._is_async = is_async
        self._threads = [
            threading.Thread(target=self._serve, args=[each]) for each in list(workers[own])
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends the processes once the queue is empty."""
        for _ in self._threads:
            self.asked.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, worker: _Worker) -> None:
        while (asked := self.asked.get()) is not None:
            number, text = asked
            response = worker.ask(text)
            if response is None:
                error = f"the process of the case ended with exit code {worker.close()}"
                response = json.dumps({"id": number, "error": error}).encode()
                worker = self._instead_of(worker)
            self._tell(response)
        worker.close()

    def _instead_of(self, worker: _Worker) -> _Worker:
        self._workers.remove(worker)
        try:
            other = _fork(self._workers)
        except _Forked as forked:
            _work(forked.asked, forked.answered, self._is_async)
            os._exit(0)
        self._workers.append(other)
        return other


if __name__ == "__main__":
    _main(is_async="--async" in sys.argv)
