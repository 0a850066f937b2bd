// @ts-check
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

import { workspacePackages } from "../workspace.mjs";

const ROOT = new URL("../../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, ROOT), "utf8");
const { engines, packageManager } = JSON.parse(read("package.json"));

const node = /^>=(\d+)\./.exec(engines.node)?.[1];
const go = /^go (\d+\.\d+)/m.exec(read("tools/go.mod"))?.[1];
const python = /OLDEST_PYTHON = \[(\d+), (\d+)\]/
  .exec(read("scripts/python_env.mjs"))
  ?.slice(1)
  .join(".");

// Tools that people and machines get by default are those that the packages say they need.

test(".nvmrc has the oldest Node.js that is supported", () => {
  expect(read(".nvmrc").trim()).toBe(node);
});

test("README.md and CONTRIBUTING.md name them", () => {
  const oldest = engines.node.slice(">=".length);
  expect(read("README.md")).toContain(`need Node.js ${oldest} or newer`);
  expect(read("README.md")).toContain(`Without Go ${go} or Python ${python} `);
  expect(read("CONTRIBUTING.md")).toContain(`need Node.js ${oldest} or newer`);
});

test("CI has the oldest of each language", () => {
  const { jobs } = parse(read(".github/workflows/ci.yml"));
  const steps = jobs.run.steps.map((/** @type {{ with?: object }} */ step) => step.with ?? {});
  expect(Object.assign({}, ...steps)).toMatchObject({
    "node-version-file": ".nvmrc",
    "go-version": go,
    "python-version": python,
  });
});

test("the devcontainer has the same, and installs with the workspace's pnpm", () => {
  const { features, postCreateCommand } = JSON.parse(read(".devcontainer/devcontainer.json"));
  const versions = Object.entries(features).map(([feature, { version }]) => [
    /([a-z]+):\d+$/.exec(feature)?.[1],
    version,
  ]);
  expect(Object.fromEntries(versions)).toEqual({ node, go, python });
  expect(postCreateCommand).toBe(`npx -y ${packageManager} install --frozen-lockfile`);
});

// They are outside of the workspace, and install what was packed: nothing else updates them.
test("examples have the versions of the catalog, and of the recipes", () => {
  const { catalog } = parse(read("pnpm-workspace.yaml"));
  const versions = {
    ...JSON.parse(read("packages/e2e/recipes/package.json")).dependencies,
    ...catalog,
  };
  const published = workspacePackages(fileURLToPath(ROOT)).map(({ manifest }) => manifest.name);
  for (const name of readdirSync(new URL("examples", ROOT))) {
    if (name === "README.md") {
      continue;
    }
    const { dependencies, devDependencies } = JSON.parse(read(`examples/${name}/package.json`));
    const pinned = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([dependency]) => !published.includes(dependency),
    );
    expect(pinned.length).toBeGreaterThan(2);
    expect(pinned).toEqual(pinned.map(([dependency]) => [dependency, versions[dependency]]));
  }
});
