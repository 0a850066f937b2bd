// @ts-check
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

import { openTree } from "../../checks/tree.mjs";
import { wheels } from "../../checks/wheels.mjs";
import { plant } from "../harness/planted.mjs";

const PROJECT = `[build-system]
requires = ["hatchling==1.33.0"]
build-backend = "hatchling.build"

[project]
name = "porch"
version = "0.0.0"
readme = "README.md"
license-files = ["LICENSE"]

[tool.hatch.build.targets.wheel]
packages = ["src/porch"]

[tool.hatch.build.targets.sdist]
only-include = ["src", "LICENSE", "README.md", "pyproject.toml"]
`;
const CLEAN = {
  "packages/porch/pyproject.toml": PROJECT,
  "packages/porch/LICENSE": "Anyone may.\n",
  "packages/porch/README.md": "# porch\n",
  "packages/porch/src/porch/__init__.py": "",
  "packages/porch/src/porch/py.typed": "",
  "packages/porch/tests/test_porch.py": "",
};

const hasPython = spawnSync("python3", ["--version"]).status === 0;

describe.skipIf(!hasPython)("wheels", { timeout: 300_000 }, () => {
  it("is green on a clean tree", async () => {
    expect(await check(CLEAN)).toEqual({ problems: [], note: "1 distributions" });
  });

  it.each([
    [
      "a wheel without a source",
      { "packages/porch/src/other.py": "" },
      "packages/porch: the wheel lacks other.py",
    ],
    [
      "an sdist with more than the sources",
      {
        "packages/porch/pyproject.toml": PROJECT.replace(
          '"src", "LICENSE"',
          '"src", "tests", "LICENSE"',
        ),
      },
      "packages/porch: the sdist has tests/test_porch.py",
    ],
    [
      "one that cannot be built",
      { "packages/porch/pyproject.toml": PROJECT.replace("hatchling==1.33.0", "hatchling==0.1") },
      "hatchling==0.1",
    ],
  ])("is red on %s", async (_, files, says) => {
    const { problems } = await check({ ...CLEAN, ...files });
    expect(problems.join("\n")).toContain(says);
  });

  it("leaves out what is never published", async () => {
    const project = PROJECT.replace(
      'version = "0.0.0"',
      'version = "0.0.0"\nclassifiers = ["Private :: Do Not Upload"]',
    );
    const { problems } = await check({ ...CLEAN, "packages/porch/pyproject.toml": project });
    expect(problems).toEqual(["saw no distribution"]);
  });
});

/** @param {Record<string, string>} files */
async function check(files) {
  return wheels.run(await openTree(plant(files).root));
}
