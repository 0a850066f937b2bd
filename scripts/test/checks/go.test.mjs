// @ts-check
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { go } from "../../checks/go.mjs";
import { openTree } from "../../checks/tree.mjs";
import { goModules, makeTidy, tidyDifference } from "../../go_modules.mjs";

const PORCH = {
  "packages/porch/go.mod": "module example.com/porch\n\ngo 1.26.0\n",
  "packages/porch/porch.go": "package porch\n\n// Door is a door.\nconst Door = 1\n",
};
const HOUSE_MOD = `module example.com/house

go 1.26.0

require example.com/porch v0.0.0
`;
const HOUSE = `package house

import "example.com/porch"

// Doors counts them.
func Doors() int { return porch.Door + 1 }
`;
const WORK = `go 1.26.0

use (
	./packages/house
	./packages/porch
)

replace example.com/porch v0.0.0 => ./packages/porch
`;
const CLEAN = {
  ...PORCH,
  "go.work": WORK,
  "packages/house/go.mod": HOUSE_MOD,
  "packages/house/house.go": HOUSE,
};

const hasGo = spawnSync("go", ["version"]).status === 0;

describe.skipIf(!hasGo)("go", { timeout: 300_000 }, () => {
  it("is green on a clean tree", async () => {
    expect(await check(CLEAN)).toEqual({ problems: [], note: "2 modules" });
  });

  it.each([
    [
      "what gofmt would change",
      HOUSE.replace("porch.Door + 1", "porch.Door+1"),
      "gofmt -w packages",
    ],
    ["what vet finds", `${HOUSE}\nvar _ = func() { _ = &Doors }\n`, "house.go:8"],
    ["what staticcheck finds", `${HOUSE}\nfunc unused() {}\n`, "func unused is unused (U1000)"],
  ])("is red on %s", async (_, source, says) => {
    const { problems } = await check({ ...CLEAN, "packages/house/house.go": source });
    expect(problems).toEqual([expect.stringContaining(says)]);
  });

  it("is red on a go.mod that is not tidy, and says the lines", async () => {
    const needless = HOUSE.replace("porch.Door + 1", "2").replace(
      'import "example.com/porch"\n',
      "",
    );
    const { problems } = await check({
      ...CLEAN,
      "packages/house/house.go": needless.replace("\n\n\n", "\n\n"),
    });
    expect(problems).toEqual([expect.stringContaining("-require example.com/porch v0.0.0")]);
    expect(problems[0]).toContain("packages/house: is not tidy (mend with: pnpm tidy)");
  });

  it("is red where there is no module", async () => {
    expect(await check({})).toEqual({ problems: ["saw no go.mod"] });
  });

  it("tidy makes it tidy, and leaves no replace", async () => {
    const root = plant({
      ...CLEAN,
      "packages/house/go.mod": "module example.com/house\n\ngo 1.26.0\n",
    }).root;
    const { files, read } = await openTree(root);
    const modules = goModules(files, read);
    const [module] = modules;
    if (module === undefined) {
      throw new Error("there is no module");
    }
    expect(module).toEqual({ folder: "packages/house", path: "example.com/house" });
    const given = { root, module, modules };
    expect(await tidyDifference(given)).toContain("+require example.com/porch v0.0.0");
    expect(await makeTidy(given)).toBe(true);
    expect(readFileSync(join(root, "packages/house/go.mod"), "utf8")).toContain(
      "require example.com/porch v0.0.0",
    );
    expect(readFileSync(join(root, "packages/house/go.mod"), "utf8")).not.toContain("replace");
    expect(await tidyDifference(given)).toBe("");
    expect(await makeTidy(given)).toBe(false);
  });
});

/** @param {Record<string, string>} files */
async function check(files) {
  return go.run(await openTree(plant(files).root));
}
