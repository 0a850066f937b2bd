"""What an inspection says of clients: `ameide.manifest.v1.Client`, without a stub of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True, frozen=True)
class ClientMethod:
    """One method of a client. What is not known is empty."""

    name: str
    kind: str
    input: str
    output: str
    procedure: str
    idempotency: str


@dataclass(slots=True, frozen=True)
class Client:
    """The client of one service, by the class that makes it and its name there."""

    entry: str
    name: str
    methods: list[ClientMethod]

    def to_json(self) -> dict[str, Any]:
        """Returns it as protobuf's JSON has it."""
        return asdict(self)
