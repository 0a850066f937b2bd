import { expect, test } from "vitest";
import { run } from "./harness/run.js";

const COMMANDS = ["emit", "surface", "check", "diff"];

test("--help names every command, and each has its own", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const command of COMMANDS) {
    expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    const help = await run(command, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(new RegExp(`^Usage: .*\\b${command} `));
    expect(help.stdout).toMatch(/^Exit code 0: /m);
  }
});

test.each([
  [[], "a command is missing; there are emit, surface, check, diff"],
  [["emmit"], "there is no command emmit; there are emit, surface, check, diff"],
  [["emit"], "--image is missing (see ameide-manifest emit --help)"],
  [["emit", "--imag", "a"], "Unknown option '--imag' (see"],
  [["emit", "--image", "a", "b"], "unknown argument b (see"],
  [["surface"], "--sdk is missing (see"],
  [["surface", "--sdk", "rust"], "--sdk must be one of ts, go, python, is rust (see"],
  [["surface", "--sdk", "go", "--package", "a"], "--package is for --sdk ts (see"],
  [["check"], "--manifest is missing (see"],
  [
    ["check", "--manifest", "a", "--format", "xml"],
    "--format must be one of table, json, sarif, is",
  ],
  [["check", "--manifest", "a", "--sdk", "c"], "--sdk must be one of ts, go, python, is c (see"],
  [
    ["check", "--manifest", "a", "--sdk", "ts", "--surface", "b"],
    "--sdk and --surface exclude each",
  ],
  [["diff", "a"], "NEW is missing (see ameide-manifest diff --help)"],
  [["diff", "a", "b", "c"], "unknown argument c (see"],
  [["diff", "a", "b", "--format", "xml"], "--format must be one of text, json, is xml (see"],
])("%j is refused with exit code 2", async (argv, message) => {
  const ran = await run(...argv);
  expect(ran).toMatchObject({ code: 2, stdout: "" });
  expect(ran.stderr).toContain(message);
});

test("a file that is not there is said in words", async () => {
  expect(await run("emit", "--image", "none.binpb")).toEqual({
    code: 1,
    stdout: "",
    stderr: "none.binpb cannot be read: there is no such file or folder\n",
  });
});
