import { execFile, spawnSync } from "node:child_process";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyRepository } from "../harness/copy.js";
import { CONTRACT, PROGRAM, route, SERVICE } from "../harness/notes.js";

// A proto package, its fixture and its implementation are all that somebody writes.

const ROUTES = "packages/reference-server/src/routes.ts";
const LONG_MS = 900_000;

/** Whether Go and Python are there, to generate their stubs as well. */
const hasLanguages = ["go version", "python3 --version"].every(
  (command) => spawnSync(command, { shell: true }).status === 0,
);

let copy: string;

beforeAll(async () => {
  copy = await copyRepository();
  // The plugins that are made already; those of Python are of the folder they are made in.
  const root = fileURLToPath(new URL("../../../..", import.meta.url));
  const made = join(root, ".cache");
  await mkdir(made, { recursive: true });
  if (hasLanguages) {
    await must(process.execPath, ["scripts/python_env.mjs"], root);
  }
  await symlink(made, join(copy, ".cache"));
  for (const [file, text] of Object.entries({ ...CONTRACT, ...SERVICE })) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), text);
  }
  await writeFile(join(copy, ROUTES), route(await readFile(join(copy, ROUTES), "utf8")));
  await must("git", ["init", "--quiet"]);
  await must("git", ["add", "--all"]);
  await must(process.execPath, ["scripts/generate.mjs", ...(hasLanguages ? [] : ["--ts"])]);
}, LONG_MS);

afterAll(() => rm(copy, { recursive: true, force: true }));

test(
  "no check is red",
  async () => {
    const { stdout, code } = await run(process.execPath, ["scripts/check.mjs"]);
    expect(stdout).toMatch(/✓ generated/);
    expect({ stdout: stdout.split("\n").filter((line) => /^(✗| )/.test(line)), code }).toEqual({
      stdout: [],
      code: 0,
    });
  },
  LONG_MS,
);

test.each([
  ["packages/core-proto/ts", []],
  ["packages/reference-server", ["test/server.test.ts"]],
  [
    "packages/sdk",
    ["exports", "stubs", "dist", "docs", "client"].map((name) => `test/${name}.test.ts`),
  ],
])(
  "no test of %s is red",
  async (folder, files) => {
    const args = [join(copy, "scripts/vitest.mjs"), "--dir=test", "--testTimeout=60000", ...files];
    const { code, stdout, stderr } = await run(process.execPath, args, join(copy, folder));
    expect({ code, said: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, said: "" });
    expect(stdout).toMatch(/Tests +.*\d+ passed/);
  },
  LONG_MS,
);

test.runIf(hasLanguages)(
  "no test of the Go stubs is red",
  async () => {
    const { code, stdout } = await run("go", ["test", "."], join(copy, "packages/core-proto/go"));
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ok /) });
  },
  LONG_MS,
);

test(
  "it can be called, by its own client and by that of the roster",
  async () => {
    const args = ["--input-type=module", "--eval", PROGRAM];
    const ended = await run(process.execPath, args, join(copy, "packages/e2e"));
    expect(ended).toEqual({ code: 0, stdout: "hello\n".repeat(4), stderr: "" });
  },
  LONG_MS,
);

async function must(program: string, args: readonly string[], cwd = copy): Promise<void> {
  const { code, stdout, stderr } = await run(program, args, cwd);
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${stderr}${stdout}`);
  }
}

function run(program: string, args: readonly string[], cwd = copy) {
  return new Promise<{ code: number | string; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env, NO_COLOR: "1", CI: "" };
    execFile(program, args, { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
