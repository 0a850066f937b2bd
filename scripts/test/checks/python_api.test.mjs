// @ts-check
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { differences } from "../../checks/api_report.mjs";
import { pythonPackages, pythonReports } from "../../checks/python_api.mjs";

const DOORS = `"""Doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, overload

Kind: TypeAlias = Literal["wooden", "iron"]
"""Kinds of doors."""


class _Thing:
    def move(self, *, far: bool = False) -> None:
        """Moves it."""


@dataclass(frozen=True)
class Door(_Thing):
    """Opens."""

    kind: Kind
    width: int = 1
    _bell: bool = False

    async def open(self, bell: _Thing, /, *others: _Thing, far: float = 2.0, **rest: str) -> Door:
        """Opens it."""
        return self

    @property
    def area(self) -> int:
        """Returns its size."""
        return self.width


class DoorError(ValueError):
    """Sticks."""


@overload
def made(kind: str) -> Door: ...
@overload
def made(kind: int, width: int) -> Door: ...
def made(kind: str | int, width: int = 1) -> Door:
    """Makes a door."""
    return Door("iron", width)


SIZE = 3


def hidden() -> None: ...
`;

const FILES = {
  "packages/sdk-porch/src/porch/__init__.py": `"""A porch."""

from porch._internal.doors import SIZE, Door, DoorError, Kind, made

__all__ = ["SIZE", "Door", "DoorError", "Kind", "made"]
`,
  "packages/sdk-porch/src/porch/step.py":
    '"""Steps."""\n\n__all__ = ["up"]\n\n\ndef up() -> None:\n    """Goes up."""\n',
  "packages/sdk-porch/src/porch/_internal/__init__.py": "",
  "packages/sdk-porch/src/porch/_internal/doors.py": DOORS,
};

const REPORT = `module porch

@dataclass(frozen=True)
class Door(_Thing):
    def __init__(self, kind: Kind, width: int = 1, _bell: bool = False) -> None
    @property area: int
    kind: Kind
    def move(self, *, far: bool = False) -> None
    async def open(self, bell: _Thing, /, *others: _Thing, far: float = 2.0, **rest: str) -> Door
    width: int

class DoorError(ValueError):
    ...

Kind: TypeAlias = Literal['wooden', 'iron']

SIZE

@overload
def made(kind: str) -> Door
@overload
def made(kind: int, width: int) -> Door
`;

const hasPython = spawnSync("python3", ["--version"]).status === 0;

describe.skipIf(!hasPython)("pythonReports", { timeout: 300_000 }, () => {
  it("says what the public modules export, without the words about it", async () => {
    const { reports, silent } = await reportsOf(FILES);
    expect([...reports.keys()]).toEqual(["porch.txt", "porch.step.txt"]);
    expect(reports.get("porch.txt")).toBe(REPORT);
    expect(silent).toEqual(["porch.SIZE"]);
  });

  it("differs where the API does, and not where words or hidden code do", async () => {
    const { reports: committed } = await reportsOf(FILES);
    /** @param {string} from @param {string} to */
    const changed = async (from, to) => {
      expect(DOORS).toContain(from);
      const source = DOORS.replace(from, to);
      const files = { ...FILES, "packages/sdk-porch/src/porch/_internal/doors.py": source };
      return differences(committed, (await reportsOf(files)).reports);
    };
    expect(await changed("move(self, *, far: bool", "move(self, far: bool")).toEqual([
      'porch.txt:8: says "def move(self, *, far: bool = False) -> None", the build "def move(self, far: bool = False) -> None"',
    ]);
    expect(await changed('"""Opens it."""', '"""Opens it wide."""')).toEqual([]);
    expect(await changed("def hidden() -> None", "def hidden() -> int | None")).toEqual([]);
  });

  it("says what Python says of a package that cannot be read", async () => {
    const files = { "packages/sdk-porch/src/porch/__init__.py": "def" };
    await expect(reportsOf(files)).rejects.toThrow("invalid syntax");
  });
});

it("knows the packages by their folders", () => {
  const files = [
    "packages/sdk-python/src/ameide_sdk/__init__.py",
    "packages/sdk-python/src/ameide_sdk/_internal/__init__.py",
    "packages/core-proto/python/src/ameide_core_proto/__init__.py",
  ];
  expect(pythonPackages(files)).toEqual([{ directory: "packages/sdk-python", name: "ameide_sdk" }]);
});

/** @param {Record<string, string>} files */
async function reportsOf(files) {
  return pythonReports(join(plant(files).root, "packages/sdk-porch"), "porch");
}
