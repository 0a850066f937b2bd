import { expect, test } from "vitest";
import { NONE_KNOWN } from "../../src/suite/known_failing.js";
import { runSuite } from "../../src/run/run_suite.js";
import { caseWith } from "../harness/a_case.js";
import { fakeAdapter } from "../harness/fake_adapter.js";

// Sends the same twice, and claims to have sent nothing.
const TWICE = `
for (const _ of [1, 2]) {
  const method = "POST";
  const headers = { "content-type": "application/json", "x-tenant-id": "blue" };
  await fetch(request.baseUrl + "/a.B/C", { method, headers, body: text }).catch(() => {});
}
answer(id, { run: { outcomes: [{ ok: "done" }], leaks: LEAKS } });
`;

const ANSWERS = [{ error: { code: "unavailable" } }, { ok: "done" }];

async function differences(
  expect_: Parameters<typeof caseWith>[0],
  server: object,
  format = "json",
) {
  const one = caseWith(expect_, { layer: "wire", server: server as never });
  const adapters = [fakeAdapter(TWICE)];
  const filter = { formats: [format] };
  const { results, problems } = await runSuite({
    cases: [one],
    knownFailing: NONE_KNOWN,
    adapters,
    filter,
  });
  expect(problems).toEqual([]);
  expect(results).toHaveLength(1);
  return results[0]?.differences;
}

test("requests are those the server recorded, whatever the adapter says", async () => {
  const requests = [
    { http_method: "POST", headers: { "x-tenant-id": "blue" }, no_timeout: true },
    { same_body_as: 1, absent: ["x-request-id"] },
  ];
  expect(await differences({ requests }, { answers: ANSWERS })).toEqual([]);
  expect(await differences({ request_count: 0 }, { answers: ANSWERS })).toMatchObject([
    { step: "requests", expected: "0", seen: "2" },
  ]);
});

test("a request that the script has no answer for is a difference", async () => {
  expect(await differences({ request_count: 2 }, { answers: [{ ok: "done" }] })).toMatchObject([
    { step: "request 2", seen: "none is left" },
  ]);
});

test("connections are those the server accepted", async () => {
  const answers = [{ ok: "a", closes: true }, { ok: "done" }];
  const requests = [{}, { other_connection_than: 1 }];
  expect(await differences({ requests, connections: 2 }, { answers })).toEqual([]);
  const wrong = [{}, { same_connection_as: 1 }];
  expect(await differences({ requests: wrong, connections: 1 }, { answers })).toMatchObject([
    { step: "requests", what: "connections", expected: "1", seen: "2" },
    {
      step: "request 2",
      what: "connection",
      expected: expect.stringContaining("that of request 1"),
    },
  ]);
});

test("a case that breaks connections has a server of its own", async () => {
  const answers = [{ break: "reset_before_read" }, { ok: "done" }];
  const requests = [{}, { http_method: "POST" }];
  expect(await differences({ requests }, { answers })).toEqual([]);
});

test("a request in another format than was asked for is a difference", async () => {
  expect(await differences({ request_count: 2 }, { answers: ANSWERS }, "binary")).toMatchObject([
    { step: "request 1", what: "header content-type", seen: "application/json" },
    { step: "request 2", what: "header content-type", seen: "application/json" },
  ]);
});

test("a script that cannot be played fails its case", async () => {
  const answers = [{ break: "handshake" }];
  expect(await differences({ request_count: 0 }, { answers })).toMatchObject([
    { step: "adapter", seen: expect.stringContaining("there is no handshake") },
  ]);
});

test.each([
  ["by itself", "", []],
  [
    "not at all",
    "setInterval(() => {}, 1000);",
    [{ step: "process", seen: "not within 3000 ms of the end of its input" }],
  ],
  [
    "badly",
    'process.stdin.once("end", () => process.exit(3));',
    [{ step: "process", seen: expect.stringContaining("exit code 3") }],
  ],
])("a process of its own ends %s", async (_how, first, expected) => {
  const answered = "answer(id, { run: { outcomes: [{ ok: 'done' }], leaks: LEAKS } });";
  const { results, problems } = await runSuite({
    cases: [caseWith({ request_count: 0, process_ends: true }, { layer: "wire" })],
    knownFailing: NONE_KNOWN,
    adapters: [fakeAdapter(first + answered)],
    filter: { formats: ["json"] },
    silenceMs: 3000,
  });
  expect(problems).toEqual([]);
  expect(results[0]?.differences).toMatchObject(expected);
});
