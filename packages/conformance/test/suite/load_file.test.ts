import { expect, test } from "vitest";
import { loadFile, showProblem } from "../../src/suite/load_file.js";

const GOOD = `# What it verifies, and why.
cases:
  - name: r01 goes-well
    layer: memory
    given:
      steps:
        - call: { method: Idempotent, text: hello }
    server:
      answers:
        - ok: done
          cut: reset_half
    expect:
      outcomes: [{ ok: done }]
      requests: [{ headers: { x-request-id: "/^[0-9a-f-]+$/" } }]
`;

function problemsIn(text: string): string[] {
  return loadFile(text, { file: "r01.yaml", area: "retry" }).problems.map(showProblem);
}

/** The good file with one line replaced. */
function changed(from: string, to: string): string[] {
  expect(GOOD).toContain(from);
  return problemsIn(GOOD.replace(from, to));
}

test("a good file gives its cases, with the place of each", () => {
  const { cases, problems } = loadFile(GOOD, { file: "r01.yaml", area: "retry" });
  expect(problems).toEqual([]);
  expect(cases).toMatchObject([
    { id: "r01", name: "r01 goes-well", area: "retry", file: "r01.yaml", line: 3 },
  ]);
  expect(cases[0]?.json.layer).toBe("LAYER_MEMORY");
  expect(cases[0]?.message.expect?.outcomes[0]?.ok).toBe("done");
});

test("enum values may be written in full", () => {
  expect(changed("layer: memory", "layer: LAYER_MEMORY")).toEqual([]);
});

test.each([
  [
    "an unknown key",
    "text: hello",
    "txt: hello",
    /^r01\.yaml:7: cases\[0\]\.given\.steps\[0\]\.call\.txt: unknown key, Call has method,/,
  ],
  [
    "an unknown enum value",
    "layer: memory",
    "layer: disk",
    /:4: cases\[0\]\.layer: must be one of memory, wire/,
  ],
  ["a wrong type", "text: hello", "text: 5", /:7: .*call\.text: expected string/],
  ["a number for a header", `"/^[0-9a-f-]+$/"`, "5", /:14: .*headers\.x-request-id: /],
  [
    "no outcomes",
    "outcomes: [{ ok: done }]",
    "budget: 1",
    /:13: cases\[0\]\.expect: outcomes is missing/,
  ],
  [
    "no requests",
    'requests: [{ headers: { x-request-id: "/^[0-9a-f-]+$/" } }]',
    "budget: 1",
    /:13: .*exactly one of requests and request_count/,
  ],
  ["an outcome that says nothing", "{ ok: done }", "{ count: 2 }", /exactly one of ok and code/],
  ["an unknown code", "{ ok: done }", "{ code: unavailible }", /code: must be one of canceled, /],
  ["an unknown method", "Idempotent", "Idempotant", /:7: .*there is no method "Idempotant"/],
  [
    "a cancel without a time",
    "text: hello",
    "cancel: { as_timeout: true }",
    /call\.cancel: does not say when/,
  ],
  [
    "a watcher that does not say when it cancels",
    "given:\n",
    "given:\n      client: { watchers: [{ who: observer, does: cancel }] }\n",
    /client\.watchers\[0\]: does not say at which events/,
  ],
  ["a credential that says nothing", "text: hello", "settings: { auth: {} }", /auth: says nothing/],
  [
    "a client left open among others",
    "given:\n",
    "given:\n      left_open: true\n",
    /left_open: is for cases that expect process_ends only/,
  ],
  [
    "the end of a process in memory",
    "expect:\n",
    "expect:\n      process_ends: true\n",
    /process_ends: is for the wire layer only/,
  ],
  ["an unknown client", "text: hello", "client: blue", /there is no client blue yet/],
  ["no name behind the id", "r01 goes-well", "r01", /:3: cases\[0\]\.name: must be an id/],
  [
    "two actions",
    "- ok: done",
    "- ok: done\n          stall: true",
    /exactly one of .* must be there, there are ok, stall/,
  ],
  ["no action", "- ok: done\n          cut", "- cut", /none is there/],
  ["a broken pattern", "[0-9a-f-]+", "(", /is no regular expression/],
  ["a request that is not there", `"/^[0-9a-f-]+$/"`, '"=2"', /there is no request 2/],
  ["a key without a value", "text: hello", "text:", /:7: .*has no value/],
  [
    "a key that stands twice",
    "layer: memory",
    "layer: memory\n    layer: wire",
    /:5: Map keys must be unique/,
  ],
  ["no YAML", "cases:", "cases: [", /^r01\.yaml:\d+: /],
  ["no comment", "# What it verifies, and why.", "", /must open with a comment/],
  [
    "what only sockets can tell",
    "headers: { x-request-id:",
    "min_gap_ms: 5, headers: { x-request-id:",
    /is for the wire layer only/,
  ],
  [
    "connections in memory",
    "outcomes:",
    "connections: 1\n      outcomes:",
    /is for the wire layer only/,
  ],
  [
    "a connection in memory",
    "headers: { x-request-id:",
    "same_connection_as: 1, headers: { x-request-id:",
    /is for the wire layer only/,
  ],
  [
    "what only sockets can do",
    "ok: done\n          cut",
    "ok: done\n          closes: true\n          cut",
    /closes is for the wire layer only/,
  ],
  [
    "a silent connection in memory",
    "ok: done\n          cut: reset_half",
    "stall: true\n          stall_at: connection",
    /is for the wire layer only/,
  ],
  [
    "a stream on a silent connection in memory",
    "ok: done\n          cut: reset_half",
    "stream: { end: silence }",
    /is for the wire layer only/,
  ],
  [
    "a limit of streams in memory",
    "server:",
    "server:\n      max_concurrent_streams: 1",
    /is for the wire layer only/,
  ],
])("%s is an error that names its place", (_what, from, to, problem) => {
  expect(changed(from, to).join("\n")).toMatch(problem);
});

test("what only a virtual clock can tell is an error on the wire", () => {
  const sleeps = "expect:\n      sleeps: { values: [25] }\n";
  expect(changed("expect:\n", sleeps)).toEqual([]);
  const onWire = GOOD.replace("layer: memory", "layer: wire").replace("expect:\n", sleeps);
  expect(problemsIn(onWire)).toEqual([
    "r01.yaml:13: cases[0].expect.sleeps: is for the memory layer only",
  ]);
});

test("a case in which everything fails needs a control in its file", () => {
  const negative = GOOD.replace("{ ok: done }]", "{ code: unavailable }]");
  expect(problemsIn(negative)).toEqual([
    "r01.yaml:3: cases[0]: expects failures only and has no control: r01 control: …",
  ]);
  const [, control = ""] = GOOD.split("cases:\n");
  expect(
    problemsIn(negative + control.replace("r01 goes-well", '"r01 control: goes well"')),
  ).toEqual([]);
  expect(problemsIn(negative + control.replace("r01 goes-well", "r02 other"))).toHaveLength(1);
});

test("an empty list is stated, a list that is not there is not", () => {
  const { cases } = loadFile(GOOD.replace("expect:\n", "expect:\n      spans: []\n"), {
    file: "r01.yaml",
    area: "retry",
  });
  expect(cases[0]?.json.expect).toMatchObject({ spans: [] });
  expect(cases[0]?.json.expect).not.toHaveProperty("logs");
});
