// @ts-check
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { python } from "../../checks/python.mjs";
import { openTree } from "../../checks/tree.mjs";

const PROJECT = `[project]
name = "porch"
version = "0.0.0"

[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = ["F"]

[tool.mypy]
strict = true
files = ["src"]

[tool.basedpyright]
include = ["src"]
typeCheckingMode = "strict"
`;
const DOORS = `"""Doors."""


def doors(width: int) -> int:
    """Counts them."""
    return width // 2
`;
const CLEAN = { "packages/porch/pyproject.toml": PROJECT, "packages/porch/src/porch.py": DOORS };

const hasPython = spawnSync("python3", ["--version"]).status === 0;

describe.skipIf(!hasPython)("python", { timeout: 300_000 }, () => {
  it("is green on a clean tree", async () => {
    expect(await check(CLEAN)).toEqual({ problems: [], note: "1 projects" });
  });

  it.each([
    ["what ruff finds", `${DOORS}\n\nNAME = f"porch"\n`, ["ruff: F541"]],
    ["what ruff would change", DOORS.replace("width // 2", "width//2"), ["ruff: --- src/porch.py"]],
    [
      "a type that is wrong",
      DOORS.replace("width // 2", "str(width)"),
      ["mypy: src/porch.py:6", "basedpyright: "],
    ],
    [
      "what only basedpyright finds",
      `${DOORS}\n\ndef first(value: object) -> object:\n    return value[0] if isinstance(value, list) else None\n`,
      ["basedpyright: "],
    ],
  ])("is red on %s", async (_, source, says) => {
    const { problems } = await check({ ...CLEAN, "packages/porch/src/porch.py": source });
    expect(problems).toEqual(
      says.map((text) => expect.stringContaining(`packages/porch: ${text}`)),
    );
  });

  it("leaves out tools that a project has no table of", async () => {
    const bare = { ...CLEAN, "packages/porch/pyproject.toml": '[project]\nname = "porch"\n' };
    const { problems } = await check({ ...bare, "packages/porch/src/porch.py": "import os" });
    expect(problems).toEqual([]);
  });

  it("is red where there is no project", async () => {
    expect(await check({})).toEqual({ problems: ["saw no pyproject.toml"] });
  });
});

/** @param {Record<string, string>} files */
async function check(files) {
  return python.run(await openTree(plant(files).root));
}
