"""Time jumps to the next timer, and only when nothing can go on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from ameide_sdk._internal.runtime.virtual_clock import (
    Baton,
    DeadlockError,
    VirtualClock,
    VirtualLoop,
    run_virtually,
)

DAYS_100_MS = 100 * 86_400_000


def test_wall_clock_jumps_alone() -> None:
    clock = VirtualClock(wall_start_ms=1_000)
    clock.jump_wall(-400)
    assert (clock.now(), clock.wall_now()) == (0, 600)


class TestVirtualLoop:
    def test_sleeps_in_the_order_of_their_ends(self) -> None:
        clock = VirtualClock()
        ended: list[tuple[str, float]] = []

        async def sleep(name: str, ms: float) -> None:
            await asyncio.sleep(ms / 1e3)
            ended.append((name, clock.now()))

        async def main() -> None:
            async with asyncio.TaskGroup() as tasks:
                for name, ms in [("last", DAYS_100_MS), ("first", 0.5), ("second", 400)]:
                    tasks.create_task(sleep(name, ms))

        run_virtually(main, clock)
        assert ended == [("first", 0.5), ("second", 400), ("last", DAYS_100_MS)]

    @pytest.mark.parametrize("ms", [1, 33, 399, 20_000, 86_400_000])
    def test_time_is_exact_after_many_sleeps(self, ms: int) -> None:
        clock = VirtualClock()

        async def main() -> None:
            for _ in range(50):
                await asyncio.sleep(ms / 1e3)

        run_virtually(main, clock)
        assert clock.now() == 50 * ms

    def test_time_goes_on_after_years(self) -> None:
        clock = VirtualClock()

        async def main() -> None:
            for _ in range(50):
                await asyncio.sleep(2**31 / 1e3)

        run_virtually(main, clock)
        assert clock.now() == pytest.approx(50 * 2**31)

    def test_timeout_ends_what_goes_on(self) -> None:
        clock = VirtualClock()

        async def main() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.4):
                    await asyncio.sleep(5)

        run_virtually(main, clock)
        assert clock.now() == 400

    def test_settle_takes_no_time(self) -> None:
        clock = VirtualClock()
        seen: list[str] = []

        async def work() -> None:
            for turn in range(20):
                await asyncio.sleep(0)
                seen.append(f"turn {turn}")
            await asyncio.sleep(1)
            seen.append("later")

        async def main() -> None:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, VirtualLoop)
            task = asyncio.create_task(work())
            await loop.settle()
            seen.append("settled")
            await task

        run_virtually(main, clock)
        assert seen[-3:] == ["turn 19", "settled", "later"]

    def test_wait_without_end_is_an_error(self) -> None:
        async def main() -> None:
            await asyncio.get_running_loop().create_future()

        with pytest.raises(DeadlockError):
            run_virtually(main)


def on_baton(main: Callable[[Baton], None]) -> VirtualClock:
    clock = VirtualClock()
    baton = Baton(clock)
    before = threading.active_count()
    baton.run(lambda: main(baton))
    # One that another test has left may end meanwhile.
    assert threading.active_count() <= before
    return clock


class TestBaton:
    def test_sleeps_in_the_order_of_their_ends(self) -> None:
        ended: list[str] = []

        def main(baton: Baton) -> None:
            def sleep(name: str, ms: float) -> None:
                baton.sleep(ms)
                ended.append(name)

            for name, ms in [("last", DAYS_100_MS), ("first", 0.5), ("second", 400)]:
                baton.start(lambda name=name, ms=ms: sleep(name, ms))  # type: ignore[misc]
            baton.sleep(DAYS_100_MS + 1)

        assert on_baton(main).now() == DAYS_100_MS + 1
        assert ended == ["first", "second", "last"]

    def test_events_let_go_on_in_the_order_of_waiting(self) -> None:
        seen: list[str] = []

        def main(baton: Baton) -> None:
            event = baton.event()

            def wait(name: str) -> None:
                seen.append(f"{name} {event.wait(10)}")

            baton.start(lambda: wait("a"))
            baton.start(lambda: wait("b"))
            baton.settle()
            event.set()
            seen.append("set")
            assert event.wait(0)
            event.clear()
            baton.settle()
            assert not event.wait(5)

        assert on_baton(main).now() == 5_000
        assert seen == ["set", "a True", "b True"]

    def test_settle_waits_for_all_whose_time_has_come(self) -> None:
        seen: list[str] = []

        def main(baton: Baton) -> None:
            def sleep() -> None:
                baton.sleep(10)
                seen.append("woken")

            baton.start(sleep)
            baton.start(sleep)
            baton.sleep(10)
            baton.settle()
            seen.append("settled")

        assert on_baton(main).now() == 10
        assert seen == ["woken", "woken", "settled"]

    def test_timers_run_in_time_unless_canceled(self) -> None:
        seen: list[tuple[str, float]] = []
        clock = VirtualClock()
        baton = Baton(clock)

        def note(name: str) -> Callable[[], None]:
            return lambda: seen.append((name, clock.now()))

        def main() -> None:
            baton.set_timer(note("second"), 20)
            baton.set_timer(note("first"), 10)
            baton.set_timer(note("never"), 15).cancel()
            baton.sleep(100)

        baton.run(main)
        assert seen == [("first", 10), ("second", 20)]

    def test_wait_without_end_is_an_error(self) -> None:
        def main(baton: Baton) -> None:
            baton.start(lambda: assert_ended(baton))
            with pytest.raises(DeadlockError):
                baton.event().wait()
            assert baton.running() == 1

        ended: list[bool] = []

        def assert_ended(baton: Baton) -> None:
            try:
                baton.event().wait()
            finally:
                ended.append(True)

        on_baton(main)
        assert ended == [True]

    def test_foreign_thread_is_refused(self) -> None:
        refused: list[RuntimeError] = []

        def main(baton: Baton) -> None:
            def wait() -> None:
                try:
                    baton.sleep(1)
                except RuntimeError as error:
                    refused.append(error)

            foreign = threading.Thread(target=wait)
            foreign.start()
            foreign.join()

        on_baton(main)
        assert len(refused) == 1

    def test_order_is_the_same_each_time(self) -> None:
        def order() -> list[int]:
            seen: list[int] = []

            def main(baton: Baton) -> None:
                def work(number: int) -> None:
                    for turn in range(5):
                        baton.sleep((number * 7 + turn * 3) % 4)
                        seen.append(number)

                for number in range(8):
                    baton.start(lambda number=number: work(number))  # type: ignore[misc]
                baton.sleep(1_000)

            on_baton(main)
            return seen

        first = order()
        assert len(first) == 40
        assert all(order() == first for _ in range(20))
