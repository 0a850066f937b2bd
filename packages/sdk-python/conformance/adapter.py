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
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from frames import read_frames, to_frame

# How many cases on real sockets, and in memory, go on at the same time.
_ON_SOCKETS = 12
_IN_MEMORY = os.cpu_count() or 1

# Time after which a case is given up, before the adapter counts as silent.
_LIMIT_S = 9


def _main(arguments: list[str]) -> None:
    # Frames alone go to the standard output: whatever else prints is told on standard error.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if "--worker" in arguments:
        _work(output, is_async="--async" in arguments)
    else:
        _dispatch(output, [sys.executable, __file__, *arguments, "--worker"])


def _work(output: BinaryIO, is_async: bool) -> None:
    from answer import answer

    faulthandler.register(signal.SIGUSR1)
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    gc.freeze()
    for text in read_frames(sys.stdin.buffer):
        faulthandler.dump_traceback_later(_LIMIT_S, exit=True)
        response = answer(text, is_async)
        faulthandler.cancel_dump_traceback_later()
        output.write(to_frame(response))
        output.flush()


# Who was killed leaves its processes behind.
def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _dispatch(output: BinaryIO, command: list[str]) -> None:
    writing = threading.Lock()

    def tell(response: bytes) -> None:
        with writing:
            output.write(to_frame(response))
            output.flush()

    pools = {False: _Pool(command, _IN_MEMORY, tell), True: _Pool(command, _ON_SOCKETS, tell)}
    for text in read_frames(sys.stdin.buffer):
        request = json.loads(text)
        is_on_sockets = bool(request.get("run", {}).get("baseUrl"))
        pools[is_on_sockets].ask(request.get("id", "0"), text)
    for pool in pools.values():
        pool.close()


class _Pool:
    """Processes that are begun when there is more to do than there are."""

    def __init__(self, command: list[str], most: int, tell: Callable[[bytes], None]) -> None:
        self._command = command
        self._most = most
        self._tell = tell
        self._asked: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._open = 0
        self._lock = threading.Lock()

    def ask(self, number: str, text: bytes) -> None:
        with self._lock:
            self._open += 1
            if self._open > len(self._threads) < self._most:
                thread = threading.Thread(target=self._serve)
                self._threads.append(thread)
                thread.start()
        self._asked.put((number, text))

    # Each process ends by itself once its input has.
    def close(self) -> None:
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        worker = None
        while (asked := self._asked.get()) is not None:
            number, text = asked
            if worker is None:
                pipe = subprocess.PIPE
                worker = subprocess.Popen(self._command, stdin=pipe, stdout=pipe)
            response = _ask(worker, text)
            if response is None:
                error = f"the process of the case ended with exit code {worker.wait()}"
                response = json.dumps({"id": number, "error": error}).encode()
                worker = None
            with self._lock:
                self._open -= 1
            self._tell(response)
        if worker is not None:
            worker.communicate()


def _ask(worker: subprocess.Popen[bytes], text: bytes) -> bytes | None:
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(to_frame(text))
        worker.stdin.flush()
        return next(read_frames(worker.stdout), None)
    except (BrokenPipeError, EOFError):
        return None


if __name__ == "__main__":
    _main(sys.argv[1:])
