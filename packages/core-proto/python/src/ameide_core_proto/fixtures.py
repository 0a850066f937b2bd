"""Messages as canonical JSON, to test with."""

import json
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Fixture:
    """A message as canonical JSON, with the field names of the proto.

    Attributes:
        name: Package path and name: ``acme/v1/invoice.paid``.
        type: Full name of the message: ``acme.v1.Invoice``.
        json: The message.
    """

    name: str
    type: str
    json: str


def read_fixtures() -> list[Fixture]:
    """Read every fixture, sorted by name."""
    folder = files("ameide_core_proto").joinpath("data", "fixtures")
    index = json.loads(folder.joinpath("index.json").read_text(encoding="utf-8"))
    return [
        Fixture(
            name=entry["name"],
            type=entry["type"],
            json=folder.joinpath(f"{entry['name']}.json").read_text(encoding="utf-8"),
        )
        for entry in index
    ]
