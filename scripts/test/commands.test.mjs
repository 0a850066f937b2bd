// @ts-check
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** @type {{ packageManager: string, scripts: Record<string, string> }} */
const { packageManager, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** Texts of `--help` that a command prints once it is built; others print theirs at once. */
const BUILT = new Map([
  ["conformance", "packages/conformance/src/cli/help.ts"],
  ["conformance:connect", "packages/conformance/src/connect/help.ts"],
  ["bench", "packages/bench/src/main.ts"],
  ["parity", "packages/parity/src/cli.ts"],
]);

/** Commands that build before they read their arguments; their packages test what these do. */
const READ_LATER = [...BUILT.keys(), "soak", "runtimes", "start"];

const COMMANDS = Object.entries(scripts).flatMap(([name, command]) => {
  const [, file] = /^node (scripts\/\w+\.mjs)$/.exec(command) ?? [];
  return file === undefined ? [] : [{ name, file }];
});

it("are most of the root's scripts", () => {
  expect(COMMANDS.map(({ name }) => name)).toEqual(
    expect.arrayContaining([...READ_LATER, "generate", "check", "test", "api", "tarballs"]),
  );
});

it.each(COMMANDS)(
  "$name --help can be typed as it says, fits 80 columns, names the codes",
  async ({ name, file }) => {
    const source = BUILT.get(name);
    const text =
      source === undefined
        ? (await run(file, "--help")).stdout
        : (/`(Usage: [^`]*)`/.exec(readFileSync(join(ROOT, source), "utf8"))?.[1] ?? "");
    expect(`${text.split("\n")[0]} `).toContain(`Usage: npx -y ${packageManager} ${name} `);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text.replaceAll(/\s+/g, " ")).toMatch(/Exit code 0: .* 1: .* 2: wrong arguments/);
  },
);

it.each(COMMANDS.filter(({ name }) => !READ_LATER.includes(name)))(
  "$name says in one line what is wrong with arguments",
  async ({ file }) => {
    const { code, stdout, stderr } = await run(file, "--no-such-option");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^[^\n]*no-such-option[^\n]*see [^\n]*--help\)\n$/);
  },
);

/**
 * @param {string} file
 * @param {string} argument
 * @returns {Promise<{ code: unknown, stdout: string, stderr: string }>}
 */
function run(file, argument) {
  return new Promise((resolve) => {
    execFile(process.execPath, [file, argument], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
