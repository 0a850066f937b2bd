import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { copyRepository } from "../harness/copy.js";

// The whole command with its build, in a copy of the repository whose protos are changed.

const METER = "proto/ameide/meter/v1/meter.proto";
const SLOW_MS = 600_000;

let copy: string;
let original: string;

beforeAll(async () => {
  copy = await copyRepository();
  original = await readFile(join(copy, METER), "utf8");
}, SLOW_MS);

afterAll(() => rm(copy, { recursive: true, force: true }));

function start(
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(copy, "scripts/start.mjs"), ...args], { cwd: copy });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A change of the proto that a line `try: …` asks for. */
interface Change {
  readonly line: number;
  /** What to insert after the line; undefined to delete it. */
  readonly insert: string | undefined;
}

function changeOf({ stdout }: { stdout: string }): Change {
  const advice = /^ {2}try: (?:delete|insert after) meter\.proto:(\d+)(?:,| (option .*;) →)/m;
  const [, line, insert] = advice.exec(stdout) ?? [];
  if (line === undefined) {
    throw new Error(`nothing to try in ${stdout}`);
  }
  return { line: Number(line), insert };
}

async function make(...changes: readonly Change[]): Promise<void> {
  const lines = (await readFile(join(copy, METER), "utf8")).split("\n");
  // From the end, so that the other lines keep their numbers.
  for (const { line, insert } of changes.toSorted((a, b) => b.line - a.line)) {
    if (insert === undefined) {
      lines.splice(line - 1, 1);
    } else {
      lines.splice(line, 0, insert);
    }
  }
  await writeFile(join(copy, METER), lines.join("\n"));
}

beforeEach(() => writeFile(join(copy, METER), original));

const GOOD = { code: 0, stderr: "" };
const VERDICT =
  /\n\nverdict: 6 of 6 as the contract says(?:, alike in TypeScript(?:, \w+)* and \w+)?\nnext: /;

test(
  "the line that decided can be deleted, and put back",
  async () => {
    const before = await start();
    expect(before).toMatchObject(GOOD);
    expect(before.stdout).toMatch(/^1 .* billed 2× +✗ +billed 1×(?: *✓)+$/m);

    await make(changeOf(before));
    const changed = await start();
    expect(changed).toMatchObject(GOOD);
    expect(changed.stdout).toMatch(
      /^1 .* billed 2× +✗ +billed 1×, stopped: not_idempotent(?: *✓)+$/m,
    );
    expect(changed.stdout).toMatch(VERDICT);

    await make(changeOf(changed));
    const restored = await start();
    expect(restored).toMatchObject(GOOD);
    expect(restored.stdout).toMatch(/^1 .* billed 2× +✗ +billed 1×(?: *✓)+$/m);
    expect(restored.stdout).toMatch(VERDICT);
  },
  SLOW_MS,
);

test(
  "what rows 2, 3, 4 and 6 say to try comes true",
  async () => {
    const second = changeOf(await start("--case", "2"));
    const third = changeOf(await start("--case", "3"));
    expect(third).toEqual(second);
    await make(second, changeOf(await start("--case", "4")), changeOf(await start("--case", "6")));
    const { stdout, ...ended } = await start("--case", "6");
    expect(ended).toEqual(GOOD);
    expect(stdout).toMatch(/^2 .* ✗ +1 try, stopped: not_idempotent(?: *✓)+$/m);
    expect(stdout).toMatch(/^3 .* ✗ +\d+ ms, stopped: not_idempotent(?: *✓)+$/m);
    expect(stdout).toMatch(/^4 .* = +0 refreshes(?: *✓)+$/m);
    expect(stdout).toMatch(/^6 .* ✗ +hanging at 2\.0 s of 30 s(?: *✓)+$/m);
    expect(stdout).toMatch(
      /^ +\d+ ms … no answer yet\n.* meter\.proto:\d+ declares no idempotency$/m,
    );
    expect(stdout).toMatch(VERDICT);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  },
  SLOW_MS,
);

test(
  "a proto that does not compile fails the build, in full and without an answer",
  async () => {
    await writeFile(join(copy, METER), original.replace("rpc RecordUsage(", "rpc RecordUsage{"));
    const { code, stdout, stderr } = await start("--json");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/meter\.proto:\d+:\d+:.*unexpected/);
  },
  SLOW_MS,
);
