// @ts-check
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TARBALLS = fileURLToPath(new URL("../tarballs.mjs", import.meta.url));

/**
 * @param {string[]} args
 * @returns {Promise<{ code: unknown, stdout: string, stderr: string }>}
 */
function tarballs(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [TARBALLS, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

// Installing the packed packages is tested in packages/e2e/test/harness/recipes.

test("--help says what there is, and packs nothing", async () => {
  const { code, stdout, stderr } = await tarballs("folder", "--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Usage: .* tarballs \[FOLDER\] \[--install PROJECT \[--tools\]\]\n/);
  const places = [...stdout.matchAll(/CLONE\/([^\s;]+)/g)].map(([, place = ""]) => place);
  expect(places.filter((place) => !existsSync(join(ROOT, place)))).toEqual([]);
  expect(places).toContain("packages/sdk-go/README.md");
  expect(stdout).toContain("pip install CLONE/packages/core-proto/python CLONE/");
});

test.each([
  [["--quick"], "Unknown option '--quick' (see --help)\n"],
  [["--install"], "Option '--install <value>' argument missing (see --help)\n"],
  [["--tools"], "--tools goes with --install PROJECT (see --help)\n"],
  [["one", "two"], "one folder at most (see --help)\n"],
])("wrong arguments: %s", async (args, stderr) => {
  expect(await tarballs(...args)).toEqual({ code: 2, stdout: "", stderr });
});

test("a file is no folder", async () => {
  const { code, stdout, stderr } = await tarballs(TARBALLS);
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: `${TARBALLS} is no folder (see --help)\n`,
  });
});

test("what is no project gets nothing", async () => {
  const folder = fileURLToPath(new URL("checks", import.meta.url));
  expect(await tarballs("--install", folder)).toEqual({
    code: 2,
    stdout: "",
    stderr: `${folder} has no package.json: make the folder, and type \`npm init -y\` in it\n`,
  });
});
