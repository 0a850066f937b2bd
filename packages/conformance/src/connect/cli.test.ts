import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ConnectSurroundings, runConnectCli } from "./cli.js";
import { findRunner, MissingTool } from "./find_runner.js";

async function ran(argv: readonly string[], surroundings: ConnectSurroundings = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runConnectCli(argv, {
    print: (line) => void out.push(line),
    printError: (line) => void err.push(line),
    inCi: false,
    ...surroundings,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const noGo: ConnectSurroundings = {
  runner: () => Promise.reject(new MissingTool("go was not found: install it")),
};

test.each([
  [["--client", "nobody"], /there is no such client, there are connect-node, ts/],
  [["--report", ""], /must name a folder/],
  [["--report", "there", "--run", "Basic"], /excludes --client and --run/],
  [["--nonsense"], /nonsense/],
])("%j is refused", async (argv, message) => {
  const { code, err } = await ran(argv, noGo);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test("--help says what official.json holds", async () => {
  const { code, out } = await ran(["--help"]);
  expect(code).toBe(0);
  expect(out).toContain('"total":…,"passed":…,"failed":…,"known":…');
});

test("without Go there is one clear line: skipped here, red in CI", async () => {
  expect(await ran([], noGo)).toEqual({
    code: 0,
    out: "",
    err: "skipped: go was not found: install it",
  });
  expect(await ran([], { ...noGo, inCi: true })).toMatchObject({
    code: 1,
    err: "go was not found: install it",
  });
});

test("a run that did not end leaves no report, also none of an earlier one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "official-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const broken = { runner: () => Promise.resolve(process.execPath) };
  const { code, err } = await ran(["--report", folder], broken);
  expect(code).toBe(1);
  expect(err).toContain("ts:");
  expect(readdirSync(folder)).toEqual([]);
}, 60_000);

// The runner is built once, about a minute: the full lane does that; here it runs if it is there.
test("some cases through the SDK, by the real runner", async ({ skip }) => {
  const runner = await findRunner().catch((reason: unknown) => {
    if (reason instanceof MissingTool && process.env["CI"] === undefined) {
      skip(reason.message);
    }
    throw reason;
  });
  const run = ["--client", "ts", "--run", "Basic/HTTPVersion:2/**/TLS:false/**/unary/success"];
  const { code, out } = await ran(run, { runner: () => Promise.resolve(runner) });
  expect(out).toMatch(/^ts: (\d+) of \1 passed, 0 failed$/m);
  expect(code).toBe(0);
}, 300_000);
