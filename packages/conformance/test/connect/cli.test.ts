import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { runDigests } from "@ameideio/scripts/verdicts.mjs";
import { runConnectCli } from "../../src/connect/cli.js";
import type { TestedClient } from "../../src/connect/clients.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-connect-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const GOOD = `console.log("Computed 3 test case permutation(s) across 1 server configuration(s).");
console.log("Running 3 tests with reference-server for server config #1 {HTTP_VERSION_1}...");
console.log("Total cases: 3\\n3 passed, 0 failed");`;

/** A runner that does as the code says; `args` are its arguments. */
function fakeRunner(code: string): string {
  const path = join(folder, "runner");
  const prelude = `const args = process.argv.slice(2);
if (args[0] === "--version") { console.log("runner v1"); process.exit(); }`;
  writeFileSync(path, `#!/usr/bin/env node\n${prelude}\n${code}\n`);
  chmodSync(path, 0o755);
  return path;
}

const client = (group: TestedClient["group"], id: string): TestedClient => ({
  group,
  id,
  command: [process.execPath, "-p", `"${id} 1"`, "--"],
  build: undefined,
  knownFailing: "known.txt",
  knownFlaky: group === "raw" ? "flaky.txt" : undefined,
  config: undefined,
});

async function cli(
  args: readonly string[],
  code = GOOD,
  inCi = false,
  build?: TestedClient["build"],
) {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const runner = () =>
    code === ""
      ? Promise.reject(new MissingTool("go was not found"))
      : Promise.resolve(fakeRunner(code));
  const clients = [client("raw", "bare"), client("sdks", "ts")].map((one) => ({ ...one, build }));
  const status = await runConnectCli(args, {
    print,
    printError: print,
    clients,
    runner,
    inCi,
    verdicts: join(folder, "verdicts"),
  });
  return { status, output: lines.join("\n") };
}

test("all green is 0, and the report holds what the runner counted", async () => {
  const report = join(folder, "a", "report");
  const { status, output } = await cli(["--report", report]);
  expect(output).toContain("ts: 3 of 3 passed, 0 failed");
  expect(output).toContain("ts: 3 tests with reference-server for server config #1");
  expect(status).toBe(0);
  const counts = { total: 3, passed: 3, failed: 0, known: 0 };
  expect(JSON.parse(readFileSync(join(report, "official.json"), "utf8"))).toEqual({
    sdks: { ts: counts },
    raw: { bare: counts },
    versions: { runner: "runner v1", bare: "bare 1", ts: "ts 1" },
  });
});

test("the runner is told the configuration, the known failures, the cases and the client", async () => {
  const { output } = await cli(
    ["--client", "ts", "--run", "Basic/**", "-v"],
    `console.log(JSON.stringify(args));${GOOD}`,
  );
  const [, args] = output.split("\n");
  expect(JSON.parse(args ?? "")).toEqual([
    "--mode",
    "client",
    "--conf",
    expect.stringMatching(/connect.config\.yaml$/),
    "-v",
    "--known-failing",
    "@known.txt",
    "--run",
    "Basic/**",
    "--",
    process.execPath,
    "-p",
    '"ts 1"',
    "--",
  ]);
  expect(output).not.toContain("bare");
  const raw = await cli(["--client", "bare", "-v"], `console.log(JSON.stringify(args));${GOOD}`);
  expect(raw.output).toContain('"--known-failing","@known.txt","--known-flaky","@flaky.txt"');
});

test("a failed case is 1, by name; the report says so too", async () => {
  const red = `console.log("Computed 1 test case permutation(s) across 1 server");
console.log("FAILED: Suite/a:\\n\\twrong code\\n\\nTotal cases: 1\\n0 passed, 1 failed");
process.exit(1);`;
  const { status, output } = await cli(["--report", folder], red);
  expect(output).toContain("✗ ts  Suite/a:\n  wrong code\nts: 0 of 1 passed, 1 failed");
  expect(status).toBe(1);
  expect(readFileSync(join(folder, "official.json"), "utf8")).toContain('"failed": 1');
});

test.each([
  ["no case", GOOD.replaceAll("3", "0"), "0 of 0 passed"],
  ["a failure of its own", `${GOOD}process.exit(1)`, "exit code 1, though no case failed"],
  ["no end", `console.error("broken pipe"); process.exit(2)`, /no totals \(exit code 2\):\nbroken/],
])("a runner that comes to %s is 1", async (_, code, message) => {
  const { status, output } = await cli([], code);
  expect(output).toMatch(message);
  expect(status).toBe(1);
});

test("where the runner broke, there is no report, also none of an earlier run", async () => {
  writeFileSync(join(folder, "official.json"), "{}");
  expect(await cli(["--report", folder], "process.exit(2)")).toMatchObject({ status: 1 });
  expect(existsSync(join(folder, "official.json"))).toBe(false);
});

test("without Go it is skipped in one line, leaving no report; in CI that is 1", async () => {
  writeFileSync(join(folder, "official.json"), "{}");
  expect(await cli(["--report", folder], "")).toEqual({
    status: 0,
    output: "skipped: go was not found",
  });
  expect(existsSync(join(folder, "official.json"))).toBe(false);
  expect(await cli([], "", true)).toEqual({ status: 1, output: "go was not found" });
});

test("clients that are one program are built once, before they are judged", async () => {
  const log = join(folder, "built");
  const build = [
    process.execPath,
    "-e",
    `require("node:fs").appendFileSync(${JSON.stringify(log)}, "once")`,
  ] as const;
  expect(await cli([], GOOD, false, build)).toMatchObject({ status: 0 });
  expect(readFileSync(log, "utf8")).toBe("once");
});

test("a client whose toolchain is missing is left out, without a report; in CI that is 1", async () => {
  const missing = "console.error('cobol was not found'); process.exit(3)";
  const build = [process.execPath, "-e", missing] as const;
  const { status, output } = await cli(["--report", folder], GOOD, false, build);
  expect({ status, output }).toEqual({
    status: 0,
    output: "runner v1\nbare is left out: cobol was not found\nts is left out: cobol was not found",
  });
  expect(existsSync(join(folder, "official.json"))).toBe(false);
  expect(await cli([], GOOD, true, build)).toMatchObject({ status: 1 });
});

test.each([
  [["--report", "out", "--run", "Basic/**"], "--report is about whole runs"],
  [["--report", "out", "--client", "ts"], "--report is about whole runs"],
  [["--report", ""], "--report must name a folder"],
  [["--client", "perl"], "--client perl: there is no such client, there are bare, ts"],
  [["--fast"], "Unknown option '--fast'"],
  [["Basic"], "Unexpected argument 'Basic'"],
])("%j is 2, with what is wrong", async (args, message) => {
  const { status, output } = await cli(args);
  expect(output).toContain(message);
  expect(output).toContain("(see --help)");
  expect(status).toBe(2);
});

test("--help needs no runner", async () => {
  const { status, output } = await cli(["--help"], "");
  expect(output).toMatch(/^Usage: .* conformance:connect /);
  expect(status).toBe(0);
});

describe("the verdict for the gate", () => {
  const path = () => join(folder, "verdicts", "official.ts.json");

  test("is of each SDK over all cases, with the digest of what it ran on", async () => {
    await cli(
      [],
      'console.log("Computed 3 test case permutation\\n2 passed, 1 failed\\nFAILED: a/b");',
    );
    expect(JSON.parse(readFileSync(path(), "utf8"))).toEqual({
      schema: "ameide.parity.v1",
      runner: "runner v1",
      run: (await runDigests())["ts"],
      totals: { sdk: "ts", total: 3, passed: 2, failed: 1 },
      failures: ["a/b"],
    });
    expect(existsSync(join(folder, "verdicts", "official.bare.json"))).toBe(false);
  });

  test("of some cases is none; one of a run that did not end is gone", async () => {
    await cli(["--run", "a/**"]);
    expect(existsSync(path())).toBe(false);
    await cli([]);
    expect(existsSync(path())).toBe(true);
    await cli([], "process.exit(1);");
    expect(existsSync(path())).toBe(false);
  });
});
