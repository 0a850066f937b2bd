import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { copyRepository } from "../harness/copy.js";
import { CONTRACT, GO_PROGRAM, PROGRAM, PYTHON_PROGRAM, route, SERVICE } from "../harness/notes.js";

// A proto package, its fixture and its implementation are all that somebody writes.

const ROUTES = "packages/reference-server/src/routes.ts";
const LONG_MS = 900_000;

/** Whether Go and Python are there, to generate their stubs as well. */
const hasLanguages = ["go version", "python3 --version"].every(
  (command) => spawnSync(command, { shell: true }).status === 0,
);

let copy: string;
let generatedMs: number;

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
  const generate = ["scripts/generate.mjs", ...(hasLanguages ? [] : ["--ts"])];
  generatedMs = await timed(() => must(process.execPath, generate));
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

test.runIf(hasLanguages)(
  "it can be called in Go and Python by the roster, which nobody has edited",
  async () => {
    const server = spawn(
      process.execPath,
      [join(copy, "packages/reference-server/bin/ameide-reference-server.js"), "--end-with-stdin"],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    onTestFinished(() => void server.stdin.end());
    const [line] = (await once(createInterface(server.stdout), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    const goFolder = join(copy, "packages/e2e/go/notes");
    await mkdir(goFolder);
    await writeFile(join(goFolder, "main.go"), GO_PROGRAM);
    const sources = ["core-proto/python/src", "sdk-python/src"];
    const env = { PYTHONPATH: sources.map((each) => join(copy, "packages", each)).join(":") };
    const python = join(copy, ".cache/venv/bin/python");
    const goMs = await timed(async () => {
      const ended = await run("go", ["run", ".", url], goFolder);
      expect(ended).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
    });
    const pythonMs = await timed(async () => {
      const ended = await run(python, ["-c", PYTHON_PROGRAM, url], copy, env);
      expect(ended).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
    });
    const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
    process.stdout.write(
      `from the proto to a call: generate ${seconds(generatedMs)}, then ` +
        `Go ${seconds(goMs)}, Python ${seconds(pythonMs)}\n`,
    );
  },
  LONG_MS,
);

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function must(program: string, args: readonly string[], cwd = copy): Promise<void> {
  const { code, stdout, stderr } = await run(program, args, cwd);
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${stderr}${stdout}`);
  }
}

function run(program: string, args: readonly string[], cwd = copy, more: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: number | string; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env, NO_COLOR: "1", CI: "", ...more };
    execFile(program, args, { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
