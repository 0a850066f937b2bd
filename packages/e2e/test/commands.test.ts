import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const PROGRAMS = ["soak/main.js", "runtimes/main.js", "demo/start.js"];

it.each(PROGRAMS)("%s says in one line what is wrong with arguments", async (program) => {
  const { code, stdout, stderr } = await run(program, "--no-such-option");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^[^\n]*no-such-option[^\n]*--help\)?\n$/);
});

it.each([
  ["soak/main.js", ["--minutes", "0"], "--minutes must be a number above 0"],
  ["soak/main.js", ["--clients", "perl"], "there is no client perl; there are "],
  ["runtimes/main.js", ["--only", "perl"], "there is no runtime perl; there are "],
  ["runtimes/main.js", ["--only", "bun", "--write"], "--write needs all runtimes"],
])("%s %j is 2, with what is wrong", async (program, args, says) => {
  const { code, stderr } = await run(program, ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(says);
  expect(stderr).toMatch(/ \(see --help\)\n$/);
});

function run(program: string, ...args: readonly string[]) {
  const file = fileURLToPath(new URL(`../dist/${program}`, import.meta.url));
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [file, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
