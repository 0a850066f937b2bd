"""What a callback of a case does beside its work."""

from __future__ import annotations

from typing import Protocol

from ameide_conformance_proto.ameide.conformance.v1.case_pb import Deed


class Reach(Protocol):
    """What a callback may do to the calls under way."""

    def cancel(self) -> None:
        """Cancels the calls that callbacks may cancel."""
        ...

    def close(self) -> None:
        """Closes the client."""
        ...

    def drain(self) -> None:
        """Drains the client."""
        ...

    def call_again(self) -> None:
        """Makes a call of the same client, once."""
        ...


def perform(deed: Deed, reach: Reach) -> None:
    """Performs a callback's deed. No callback of Python fails after it has returned.

    Raises:
        RuntimeError: The deed is to raise.
    """
    match deed:
        case Deed.THROW:
            raise RuntimeError("the callback throws, as the case says")
        case Deed.CANCEL:
            reach.cancel()
        case Deed.CLOSE:
            reach.close()
        case Deed.CALL:
            reach.call_again()
        case Deed.DRAIN:
            reach.drain()
