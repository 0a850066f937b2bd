// @ts-check
import { fileURLToPath } from "node:url";
import { afterEach, expect, it, vi } from "vitest";

import { openTree } from "../checks/tree.mjs";
import { inCi } from "../in_ci.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

afterEach(() => vi.unstubAllEnvs());

it.each([
  ["true", true],
  ["1", true],
  ["", false],
  ["0", false],
  ["false", false],
  [undefined, false],
])("CI=%s: %s", (value, expected) => {
  vi.stubEnv("CI", value);
  expect(inCi()).toBe(expected);
});

it("is read in one place", async () => {
  const { files, read } = await openTree(ROOT);
  const code = files.filter((file) => /\.m?[jt]s$/.test(file) && !/(^|\/)test\//.test(file));
  const readers = code.filter((file) => /\benv(\.CI\b|\["CI"\])/.test(read(file)));
  expect(readers).toEqual(["scripts/in_ci.mjs"]);
});
