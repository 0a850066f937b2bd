"""Threads of the machine, as sync clients use them: no case can say which thread runs what."""

from __future__ import annotations

import threading

import pytest

from ameide_sdk._internal.runtime.threads import SystemThreads

_LONG_S = 60


def _run(threads: SystemThreads) -> tuple[int, threading.Thread]:
    done = threads.event()
    ran: list[threading.Thread] = []

    def run() -> None:
        ran.append(threading.current_thread())
        done.set()

    threads.start(run)
    assert done.wait(_LONG_S)
    return len(ran), ran[0]


def test_functions_at_the_same_time_have_threads_of_their_own() -> None:
    threads = SystemThreads()
    both = threading.Barrier(2, timeout=_LONG_S)
    done = [threads.event(), threads.event()]

    def meet(event: threading.Event) -> None:
        both.wait()
        event.set()

    for event in done:
        threads.start(lambda event=event: meet(event))  # type: ignore[misc]
    assert all(event.wait(_LONG_S) for event in done)


def test_each_function_runs_once_in_a_thread_that_holds_no_process() -> None:
    threads = SystemThreads()
    for _ in range(200):
        times, thread = _run(threads)
        assert times == 1
        assert thread.daemon


def test_few_threads_serve_functions_one_after_another() -> None:
    threads = SystemThreads()
    assert len({_run(threads)[1] for _ in range(200)}) < 100


def test_a_function_that_raises_is_reported_and_takes_nothing_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raised = threading.Event()
    seen: list[threading.ExceptHookArgs] = []

    def hook(arguments: threading.ExceptHookArgs) -> None:
        seen.append(arguments)
        raised.set()

    monkeypatch.setattr(threading, "excepthook", hook)
    threads = SystemThreads()

    def fail() -> None:
        raise ValueError("as the test says")

    threads.start(fail)
    assert raised.wait(_LONG_S)
    assert str(seen[0].exc_value) == "as the test says"
    assert _run(threads)[0] == 1


def test_a_thread_that_is_idle_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ameide_sdk._internal.runtime.threads._Helper._IDLE_S", 0.01)
    threads = SystemThreads()
    _, thread = _run(threads)
    thread.join(_LONG_S)
    assert not thread.is_alive()
    assert _run(threads)[0] == 1
