import { expect, test } from "vitest";
import { caseWith, seen } from "../harness/a_case.js";
import { code, failed, header, type Row, stepsOf } from "../harness/rows.js";
import { compare } from "../../src/compare/compare.js";

const ROWS: readonly Row[] = [
  ["ok", {}, {}, { outcomes: [{ ok: "other" }] }, "outcome 1"],
  ["ok, not an error", {}, {}, failed({}), "outcome 1"],
  ["an error, not ok", code({}), failed({}), {}, "outcome 1"],
  ["number of outcomes", {}, {}, { outcomes: [] }, "outcomes"],
  [
    "counted outcomes",
    { outcomes: [{ ok: "a", count: 2 }] },
    { outcomes: [{ ok: "a" }, { ok: "a" }] },
    { outcomes: [{ ok: "a" }] },
    "outcomes",
  ],
  ["code", code({}), failed({}), failed({ code: "internal" }), "outcome 1"],
  [
    "origin",
    code({ origin: "server" }),
    failed({ origin: "server" }),
    failed({ origin: "client" }),
    "outcome 1",
  ],
  [
    "stop reason",
    code({ stop_reason: "budget" }),
    failed({ stopReason: "budget" }),
    failed({ stopReason: "attempts" }),
    "outcome 1",
  ],
  [
    "no stop reason",
    code({ stop_reason: "none" }),
    failed({}),
    failed({ stopReason: "budget" }),
    "outcome 1",
  ],
  ["reason", code({ reason: "A" }), failed({ reason: "A" }), failed({}), "outcome 1"],
  ["no reason", code({ reason: "" }), failed({}), failed({ reason: "A" }), "outcome 1"],
  ["domain", code({ domain: "a.b" }), failed({ domain: "a.b" }), failed({}), "outcome 1"],
  [
    "metadata",
    code({ metadata: { a: "1" } }),
    failed({ metadata: { a: "1" } }),
    failed({ metadata: { a: "1", b: "2" } }),
    "outcome 1",
  ],
  [
    "retry-after",
    code({ retry_after_ms: 1700 }),
    failed({ retryAfterMs: 1700 }),
    failed({ retryAfterMs: 2000 }),
    "outcome 1",
  ],
  ["HTTP status", code({ http_status: 503 }), failed({ httpStatus: 503 }), failed({}), "outcome 1"],
  [
    "time of the headers",
    { outcomes: [{ ok: "", headers_ms: 0 }] },
    { outcomes: [{ ok: "", headersMs: 0 }] },
    { outcomes: [{ ok: "", headersMs: 5 }] },
    "outcome 1",
  ],
  [
    "trailers, of several values",
    { outcomes: [{ ok: "", trailers: { "x-a": "1, 2" }, absent_trailers: ["x-b"] }] },
    { outcomes: [{ ok: "", trailers: [header("X-A", "1"), header("x-a", "2")] }] },
    { outcomes: [{ ok: "", trailers: [header("x-a", "1")] }] },
    "outcome 1",
  ],
  [
    "trailers that are not there",
    { outcomes: [{ ok: "", absent_trailers: ["x-b"] }] },
    { outcomes: [{ ok: "" }] },
    { outcomes: [{ ok: "", trailers: [header("x-b", "1")] }] },
    "outcome 1",
  ],
  ["retryable", code({ retryable: false }), failed({}), failed({ retryable: true }), "outcome 1"],
  [
    "message",
    code({ message_contains: "no" }),
    failed({ message: "oh no" }),
    failed({ message: "oh" }),
    "outcome 1",
  ],
  [
    "cause",
    code({ cause_contains: "ECONN" }),
    failed({ cause: "read ECONNRESET" }),
    failed({ message: "ECONNRESET" }),
    "outcome 1",
  ],
  [
    "length in bytes",
    code({ message_max_bytes: 3 }),
    failed({ message: "ää".slice(0, 1) }),
    failed({ message: "ää" }),
    "outcome 1",
  ],
  [
    "explanation",
    code({ explanation_contains: "level" }),
    failed({ explanation: "no level" }),
    failed({}),
    "outcome 1",
  ],
  [
    "server's id",
    code({ server_request_id: "s" }),
    failed({ serverRequestId: "s" }),
    failed({ serverRequestId: "t" }),
    "outcome 1",
  ],
  [
    "fields",
    code({ fields: ["a"] }),
    failed({ fields: ["a"] }),
    failed({ fields: ["a", "b"] }),
    "outcome 1",
  ],
  [
    "number of fields",
    code({ field_count: 2 }),
    failed({ fields: ["a", "b"] }),
    failed({ fields: ["a"] }),
    "outcome 1",
  ],
  [
    "text",
    code({ text_contains: ["a", "b"] }),
    failed({ text: "b and a" }),
    failed({ text: "a alone" }),
    "outcome 1",
  ],
  [
    "details",
    code({ detail_count: 2 }),
    failed({ detailCount: 2 }),
    failed({ detailCount: 1 }),
    "outcome 1",
  ],
  [
    "native cancellation",
    code({ native_cancellation: true }),
    failed({ nativeCancellation: true }),
    failed({}),
    "outcome 1",
  ],
  [
    "shortest",
    { outcomes: [{ ok: "done", min_ms: 4 }] },
    {},
    { outcomes: [{ ok: "done", durationMs: 3 }] },
    "outcome 1",
  ],
  [
    "longest",
    { outcomes: [{ ok: "done", max_ms: 6 }] },
    {},
    { outcomes: [{ ok: "done", durationMs: 7 }] },
    "outcome 1",
  ],
  [
    "number of attempts",
    code({ attempt_count: 1 }),
    failed({ attempts: [{}] }),
    failed({}),
    "outcome 1",
  ],
  ["no attempts", code({ attempts: [] }), failed({}), failed({ attempts: [{}] }), "outcome 1"],
  [
    "code of an attempt",
    code({ attempts: [{ code: "aborted" }] }),
    failed({ attempts: [{ code: "aborted", class: "NEVER" }] }),
    failed({ attempts: [{ code: "internal" }] }),
    "outcome 1",
  ],
  [
    "header of a good answer",
    { outcomes: [{ ok: "done", headers: { a: "1" } }] },
    { outcomes: [{ ok: "done", headers: [{ name: "A", value: "1" }] }] },
    {
      outcomes: [
        {
          ok: "done",
          headers: [
            { name: "a", value: "1" },
            { name: "a", value: "1" },
          ],
        },
      ],
    },
    "outcome 1",
  ],
  [
    "class of an attempt",
    code({ attempts: [{ class: "THROTTLE" }] }),
    failed({ attempts: [{ class: "THROTTLE" }] }),
    failed({ attempts: [{ class: "TRANSIENT" }] }),
    "outcome 1",
  ],
  [
    "wait after an attempt",
    code({ attempts: [{ delay_ms: 0 }] }),
    failed({ attempts: [{ delayMs: 0 }] }),
    failed({ attempts: [{}] }),
    "outcome 1",
  ],
  [
    "not transparent",
    code({ attempts: [{ transparent: false }] }),
    failed({ attempts: [{}] }),
    failed({ attempts: [{ transparent: true }] }),
    "outcome 1",
  ],
  [
    "duration of an attempt",
    code({ attempts: [{ duration_ms: 400 }] }),
    failed({ attempts: [{ durationMs: 400 }] }),
    failed({ attempts: [{ durationMs: 401 }] }),
    "outcome 1",
  ],
  [
    "whether an attempt was sent",
    code({ attempts: [{ sent: "no" }] }),
    failed({ attempts: [{ sent: "no" }] }),
    failed({ attempts: [{ sent: "maybe" }] }),
    "outcome 1",
  ],
  [
    "message of an attempt",
    code({ attempts: [{ message: "busy" }] }),
    failed({ attempts: [{ message: "too busy" }] }),
    failed({ attempts: [{ message: "idle" }] }),
    "outcome 1",
  ],
];

test.each(["connect", "grpc", "grpc-web"])("HTTP status over %s", (protocol) => {
  const one = caseWith(code({ http_status: 503, grpc_http_status: 200 }));
  const steps = [503, 200].map((httpStatus) => {
    const { response, requests } = seen(failed({ httpStatus }));
    return compare(one, { response, requests, protocol }).length;
  });
  expect(steps).toEqual(protocol === "connect" ? [0, 1] : [1, 0]);
});

test.each(ROWS)("%s", (...row) => {
  const { good, bad } = stepsOf(row);
  expect(good).toEqual([]);
  expect(bad).toContain(row[4]);
});
