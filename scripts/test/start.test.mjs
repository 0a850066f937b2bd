// @ts-check
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { build } from "../build.mjs";

const START = fileURLToPath(new URL("../start.mjs", import.meta.url));

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: unknown, stdout: string, stderr: string }>}
 */
function start(args, env = process.env) {
  return new Promise((resolve) => {
    execFile(process.execPath, [START, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test("--help says what there is, and builds nothing", async () => {
  const { code, stdout, stderr } = await start(["--json", "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Usage: .* start \[--case N \| --json \| --serve \[--port N\]\]\n/);
});

test("what is missing on the machine is a line each", async () => {
  const { code, stdout, stderr } = await start([], { PATH: "" });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^git was not found/),
    expect.stringMatching(/^pnpm was not found/),
  ]);
});

test("a build that fails is false", async () => {
  expect(await build("@ameideio/no-such-package")).toBe(false);
});
