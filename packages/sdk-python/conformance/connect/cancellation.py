"""When a case cancels its call."""

from __future__ import annotations

import asyncio
from typing import Any

from ameide_conformance_proto.connectrpc.conformance.v1.client_compat_pb import ClientCompatRequest

from environment import World


class Cancellation:
    """Cancels the call of the task that makes this, when its case says so."""

    def __init__(self, stated: ClientCompatRequest.Cancel | None, world: World) -> None:
        """Reads the time at which it is canceled; never, if none is stated.

        Raises:
            ValueError: It should be, and is sync.
        """
        self._task: asyncio.Task[Any] | None = None
        self._timing: tuple[str, Any] | None = None
        if stated is None:
            return
        if not world.is_async:
            raise ValueError("a sync call cannot be canceled")
        self._task = asyncio.current_task()
        timing = stated.cancel_timing
        # A cancel without a time comes right after the request.
        self._timing = (
            ("after_close_send_ms", 0) if timing is None else (timing.field, timing.value)
        )

    def before_close(self) -> None:
        """Is told that all messages were sent, and the request is still open."""
        if self._timing is not None and self._timing[0] == "before_close_send":
            self._cancel()

    def request_closed(self) -> None:
        """Is told that the request is closed, or about to be."""
        match self._timing:
            case ("after_close_send_ms", ms):
                asyncio.get_running_loop().call_later(ms / 1e3, self._cancel)

    def responded(self, count: int) -> None:
        """Is told how many responses were read."""
        if self._timing == ("after_num_responses", count):
            self._cancel()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
