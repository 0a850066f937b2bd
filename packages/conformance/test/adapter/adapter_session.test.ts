import { create } from "@bufbuild/protobuf";
import { RunRequestSchema } from "@ameideio/conformance-proto";
import { afterEach, expect, test } from "vitest";
import { AdapterSession, type RunResult } from "../../src/adapter/adapter_session.js";
import { fakeAdapter } from "../harness/fake_adapter.js";

const open: AdapterSession[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});

interface Options {
  maxRestarts?: number;
  silenceMs?: number;
}

function sessionOver(run: string, options: Options = {}): AdapterSession {
  const session = new AdapterSession(fakeAdapter(run), { silenceMs: 9000, window: 8, ...options });
  open.push(session);
  return session;
}

function runAll(session: AdapterSession, texts: readonly string[]): Promise<RunResult[]> {
  const request = (text: string) =>
    create(RunRequestSchema, {
      given: { steps: [{ action: { case: "call", value: { method: "Idempotent", text } } }] },
    });
  return Promise.all(texts.map((text) => session.run(() => request(text))));
}

const verdicts = (results: readonly RunResult[]) =>
  results.map((result) => ("response" in result ? "answered" : result.failure.split("\n")[0]));

test("answers reach the case they belong to, whatever their order", async () => {
  const session = sessionOver("setTimeout(() => ok(id, text), text === 'first' ? 20 : 0);");
  const results = await runAll(session, ["first", "second"]);
  const texts = results.map((result) =>
    "response" in result ? result.response.outcomes[0]?.ok : result.failure,
  );
  expect(texts).toEqual(["first", "second"]);
  expect(session.problems).toEqual([]);
});

test("says what it is", async () => {
  expect(await sessionOver("").describe()).toMatchObject({ sdk: "fake", version: "1.2.3" });
});

test.each([
  ["dies", "process.exit(3)", "the adapter ended with exit code 3"],
  ["is killed", "process.kill(process.pid, 'SIGKILL')", "the adapter ended with SIGKILL"],
  ["is silent", "return", "the adapter said nothing for 1500 ms"],
  [
    "writes text",
    "process.stdout.write('hello, world')",
    /babbled: a frame of \d+ bytes.*hello, w/,
  ],
  ["writes no JSON", "write('{')", /babbled: a message that is no AdapterResponse/],
  ["writes unknown fields", "answer(id, { ran: {} })", /babbled: .*"ran" is unknown/],
  ["answers another", "ok(String(Number(id) + 99))", /with id \d+, which nothing that is open has/],
  [
    "is cut short",
    "process.stdout.write('\\0\\0\\0\\x09{', () => process.exit(0))",
    /in the middle/,
  ],
  ["answers too much", "process.stdout.write('\\x7f\\xff\\xff\\xff')", /at most 16777216/],
])("an adapter that %s is blamed by case, and the rest goes on", async (what, how, reason) => {
  const options = what === "is silent" ? { silenceMs: 1500 } : {};
  const session = sessionOver(`if (text === "bad") { ${how}; return; } ok(id);`, options);
  const results = verdicts(await runAll(session, ["a", "b", "bad", "c", "d"]));
  expect(results).toEqual([
    "answered",
    "answered",
    expect.stringMatching(reason),
    "answered",
    "answered",
  ]);
});

test("an answer too many is a problem of the run, as no case can be blamed", async () => {
  const session = sessionOver("ok(id); if (text === 'bad') ok(id);");
  const results = await runAll(session, ["a", "bad", "b"]);
  expect(verdicts(results)).toEqual(["answered", "answered", "answered"]);
  await session.run(() => create(RunRequestSchema, {}));
  expect(session.problems.join("\n")).toMatch(/with id \d+, which nothing that is open has/);
});

test("an adapter that fails itself says so, and goes on", async () => {
  const session = sessionOver(
    "if (text === 'bad') answer(id, { error: 'no such entry' }); else ok(id);",
  );
  expect(verdicts(await runAll(session, ["bad", "good"]))).toEqual([
    "the adapter failed: no such entry",
    "answered",
  ]);
});

test("what was on standard error comes with the blame", async () => {
  const session = sessionOver(
    "console.error('out of ideas'); setTimeout(() => process.exit(1), 5)",
  );
  const [result] = await runAll(session, ["a"]);
  expect(result).toEqual({ failure: expect.stringContaining("out of ideas") });
});

test("after a few restarts all that is left fails, and nothing hangs", async () => {
  const session = sessionOver("process.exit(1)", { maxRestarts: 2 });
  const results = verdicts(await runAll(session, ["a", "b", "c", "d", "e", "f"]));
  expect(results.slice(0, 2)).toEqual(Array(2).fill("the adapter ended with exit code 1"));
  expect(results.slice(2)).toEqual(Array(4).fill(expect.stringContaining("given up")));
});

test("a program that does not exist fails every case", async () => {
  const command = { sdk: "fake", command: ["no-such-program"] as const, cwd: process.cwd() };
  const session = new AdapterSession(command, { silenceMs: 9000, window: 8, maxRestarts: 1 });
  await expect(session.describe()).rejects.toThrow(/could not be started/);
});

test("a case is prepared again when it is asked again", async () => {
  const session = sessionOver(
    "if (text === 'bad') process.exit(1); else setTimeout(() => ok(id), 50);",
  );
  let prepared = 0;
  const good = session.run(() => {
    prepared++;
    return create(RunRequestSchema, {});
  });
  const [bad] = await runAll(session, ["bad"]);
  expect(verdicts([await good, bad as RunResult])).toEqual([
    "answered",
    "the adapter ended with exit code 1",
  ]);
  expect(prepared).toBe(2);
});

test("a failure that no case causes alone is a problem of the run", async () => {
  const session = sessionOver(
    "globalThis.n = (globalThis.n ?? 0) + 1; if (n > 1) process.exit(1); setTimeout(() => { n--; ok(id); }, 20);",
  );
  expect(verdicts(await runAll(session, ["a", "b"]))).toEqual(["answered", "answered"]);
  expect(session.problems).toEqual([expect.stringMatching(/none of which fails alone/)]);
});
