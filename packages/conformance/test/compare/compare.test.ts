import type { JsonObject } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { caseWith, seen } from "../harness/a_case.js";
import { code, failed, header, requests, type Row, stated, stepsOf } from "../harness/rows.js";
import { compare } from "../../src/compare/compare.js";

const ROWS: readonly Row[] = [
  // What is around a call.
  ["waits", { sleeps: { values: [25] } }, { sleeps: [0, 25] }, { sleeps: [25, 25] }, "waits"],
  ["no waits", { sleeps: {} }, {}, { sleeps: [1] }, "waits"],
  ["budget", { budget: 486 }, { budget: 486 }, {}, "budget"],
  ["provider", { provider_calls: 1 }, { providerCalls: 1 }, { providerCalls: 2 }, "provider"],
  ["items", { items: ["a"] }, { items: ["a"] }, { items: ["a", "b"] }, "items"],
  [
    "what was cut",
    { drained: [{ aborted: 1 }] },
    { drained: [{ aborted: 1, ms: 5 }] },
    { drained: [{ aborted: 2 }] },
    "drained",
  ],
  [
    "how long a drain took",
    { drained: [{ aborted: 1, ms: 5 }] },
    { drained: [{ aborted: 1, ms: 5 }] },
    { drained: [{ aborted: 1, ms: 6 }] },
    "drained",
  ],
  ["no drain", { drained: [] }, {}, { drained: [{ aborted: 0 }] }, "drained"],
  ["no items", { items: [] }, {}, { items: ["a"] }, "items"],
  [
    "explained value",
    { explained: { t: { value: 5, source: "code" } } },
    { explained: { t: { value: 5, source: "code: client" } } },
    { explained: { t: { value: 6, source: "code" } } },
    "explain t",
  ],
  [
    "explained source",
    { explained: { t: { source: "code" } } },
    { explained: { t: { source: "code: client" } } },
    { explained: { t: { source: "preset" } } },
    "explain t",
  ],
  // What is compared unless stated.
  [
    "hash of the policy",
    { policy_hash: "ab" },
    { policyHash: "ab" },
    { policyHash: "ac" },
    "explain",
  ],
  [
    "longest timer",
    { longest_timer_ms: 2147483647 },
    { longestTimerMs: 2147483647 },
    { longestTimerMs: 2147483648 },
    "timers",
  ],
  ["timers", {}, {}, { leaks: { timers: 1 } }, "leaks"],
  ["listeners", {}, {}, { leaks: { listeners: 1 } }, "leaks"],
  ["sockets", {}, {}, { leaks: { sockets: 1 } }, "leaks"],
  ["errors nobody took", {}, {}, { leaks: { unhandled: 1 } }, "leaks"],
  ["warnings", {}, {}, { leaks: { warnings: 1 } }, "leaks"],
  ["leaks that were counted", {}, {}, { leaks: null }, "leaks"],
];

test.each(ROWS)("%s", (...row) => {
  const { good, bad } = stepsOf(row);
  expect(good).toEqual([]);
  expect(bad).toContain(row[4]);
});

test.each([
  ["an error's text", { ...failed({ text: "token hunter2" }) }],
  ["an error's message", { ...failed({ message: "hunter2" }) }],
  ["a log line", { logs: [{ level: "debug", text: "authorization: hunter2" }] }],
  ["a span", { spans: [{ attributes: { a: "hunter2" } }] }],
  ["a label of a metric", { metrics: { m: { attributes: ["hunter2"] } } }],
  ["an event", { events: ['{"type":"done","token":"hunter2"}'] }],
])("a secret is found in %s", (_what, response) => {
  const expected = "outcomes" in response ? code({}) : {};
  const all = seen(response);
  expect(compare(caseWith(expected), all)).toEqual([]);
  const found = compare(caseWith({ ...expected, secrets: ["hunter2"] }), all);
  expect(found).toMatchObject([{ what: "secret" }]);
});

test.each([
  ["an error's string form", { ...failed({ text: "a\u001b[2J\n{}" }) }],
  ["an error's JSON form", { ...failed({ text: 'a\n{"a":"\\r"}' }) }],
  ["a second line of an error", { ...failed({ text: "a\nb\n{}" }) }],
  ["a log line", { logs: [{ level: "debug", text: "a\nb" }] }],
  ["a log line as JSON", { logs: [{ level: "debug", text: '{"a":"\\u001b[2J"}' }] }],
  ["a line separator in an event", { events: ['{"type":"done","a":"\u2028"}'] }],
])("a control character is found in %s", (_what, response) => {
  const expected = "outcomes" in response ? code({}) : {};
  expect(compare(caseWith(expected), seen(response))).toMatchObject([{ what: "text" }]);
});

test("what has none has none: two lines of an error, a backslash in JSON, any language", () => {
  const all = seen({
    ...failed({ text: 'a\n{"a":"C:\\\\new"}' }),
    logs: [{ level: "debug", text: "Grüße, 世界, שלום" }],
  });
  expect(compare(caseWith(code({})), all)).toEqual([]);
});

test.each([
  ["error", { ...failed({ text: "x".repeat(70_000) }) }],
  ["log line", { logs: [{ level: "debug", text: "x".repeat(20_000) }] }],
  ["event", { events: [`{"type":"${"x".repeat(20_000)}"}`] }],
])("one %s that is too long is found", (_what, response) => {
  const expected = "outcomes" in response ? code({}) : {};
  expect(compare(caseWith(expected), seen(response))).toMatchObject([{ what: "length" }]);
});

test("a request may carry the secret", () => {
  const all = seen(requests([header("authorization", "Bearer hunter2")]));
  expect(compare(caseWith({ secrets: ["hunter2"] }), all)).toEqual([]);
});

test("a request that the script had no answer for is a difference, whatever the case states", () => {
  const { response } = seen();
  const requestsSeen = response.requests.map((request) => ({ ...request, exhausted: true }));
  expect(compare(caseWith({}), { response, requests: requestsSeen })).toMatchObject([
    { step: "request 1", seen: "none is left" },
  ]);
});

test("gaps and timeouts on the wire are compared with bounds", () => {
  const one = caseWith(stated({}, { min_gap_ms: 5, max_gap_ms: 15, max_timeout_ms: 400 }), {
    layer: "wire",
  });
  const timeout = (ms: string) => [header("connect-timeout-ms", ms)];
  expect(compare(one, seen(requests([], timeout("390"))))).toEqual([]);
  expect(compare(one, seen(requests([], timeout("401"))))).toHaveLength(1);
  const late = { requests: [{ atMs: 0 }, { atMs: 16, headers: timeout("1") }] };
  expect(compare(one, seen(late))).toMatchObject([{ step: "request 2", what: "gap" }]);
});

test("lower bounds let pass on the wire what real timers round off", () => {
  const outcomes = [{ ok: "done", min_ms: 500 }];
  const wire = caseWith({ ...stated({}, { min_gap_ms: 5 }), outcomes }, { layer: "wire" });
  const memory = caseWith({ outcomes });
  const ended = (durationMs: number) => ({ outcomes: [{ ok: "done", durationMs }] });
  const apart = (gapMs: number) => ({ requests: [{ atMs: 0 }, { atMs: gapMs }] });
  const differs = (one: typeof wire, run: JsonObject) =>
    compare(one, seen(run)).map(({ what }) => what);
  expect(differs(wire, { ...ended(499.1), ...apart(4.1) })).toEqual([]);
  expect(differs(wire, { ...ended(498.9), ...apart(3.9) })).toEqual(["gap", "duration"]);
  expect(differs(memory, ended(499.9))).toEqual(["duration"]);
});

test("parallel calls end in any order on the wire, and in theirs in memory", () => {
  const outcomes = [{ ok: "a" }, { ok: "b" }];
  const steps = [{ call: { method: "Idempotent", parallel: 2 } }];
  const swapped = seen({ outcomes: [{ ok: "b" }, { ok: "a" }] });
  const wire = caseWith({ outcomes }, { layer: "wire", given: { steps } });
  expect(compare(wire, swapped)).toEqual([]);
  expect(compare(caseWith({ outcomes }, { given: { steps } }), swapped)).toHaveLength(2);
  expect(compare(wire, seen({ outcomes: [{ ok: "b" }, { ok: "c" }] }))).toHaveLength(1);
});
