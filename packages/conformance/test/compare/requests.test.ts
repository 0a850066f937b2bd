import { expect, test } from "vitest";
import { header, requests, type Row, stated, stepsOf } from "../harness/rows.js";

const SPANS = {
  spans: [
    { traceId: "ab", spanId: "11" },
    { traceId: "ab", spanId: "22" },
  ],
};

const JSON_TYPE = header("content-type", "application/grpc+json");

const ROWS: readonly Row[] = [
  ["number of requests", { request_count: 2 }, requests([], []), requests([]), "requests"],
  [
    "a header",
    stated({ headers: { a: "1" } }),
    requests([header("A", "1")]),
    requests([header("a", "2")]),
    "request 1",
  ],
  [
    "one value",
    stated({ headers: { a: "1" } }),
    requests([header("a", "1")]),
    requests([header("a", "1"), header("a", "1")]),
    "request 1",
  ],
  [
    "a pattern",
    stated({ headers: { a: "/^\\d+$/" } }),
    requests([header("a", "12")]),
    requests([header("a", "1b")]),
    "request 1",
  ],
  [
    "the same as in another",
    stated({}, { headers: { a: "=1" } }),
    requests([header("a", "1")], [header("a", "1")]),
    requests([header("a", "1")], [header("a", "2")]),
    "request 2",
  ],
  [
    "other than in another",
    stated({}, { headers: { a: "!1" } }),
    requests([header("a", "1")], [header("a", "2")]),
    requests([header("a", "1")], [header("a", "1")]),
    "request 2",
  ],
  ["absent", stated({ absent: ["a"] }), requests([]), requests([header("A", "")]), "request 1"],
  [
    "timeout",
    stated({ timeout_ms: 400 }),
    requests([header("connect-timeout-ms", "400")]),
    requests([header("connect-timeout-ms", "401")]),
    "request 1",
  ],
  [
    "timeout of gRPC",
    stated({ timeout_ms: 400 }),
    requests([header("grpc-timeout", "400m")]),
    requests([header("grpc-timeout", "400S")]),
    "request 1",
  ],
  [
    "whole timeout",
    stated({ timeout_ms: 400 }),
    requests([header("connect-timeout-ms", "400")]),
    requests([header("connect-timeout-ms", "400.7")]),
    "request 1",
  ],
  [
    "no timeout",
    stated({ no_timeout: true }),
    requests([]),
    requests([header("connect-timeout-ms", "1")]),
    "request 1",
  ],
  [
    "body",
    stated({}, {}, { same_body_as: 1 }),
    requests([], [], []),
    { requests: [{ bodySha256: "a" }, {}, { bodySha256: "b" }] },
    "request 3",
  ],
  [
    "body that was read",
    stated({}, { same_body_as: 1 }),
    { requests: [{ bodySha256: "a" }, { bodySha256: "a" }] },
    { requests: [{}, {}] },
    "request 2",
  ],
  [
    "combined header",
    stated({ combined_headers: { a: "1, 2" } }),
    requests([header("A", "1"), header("a", "2")]),
    requests([header("a", "2, 1")]),
    "request 1",
  ],
  [
    "span of a request",
    stated({ span: 2 }),
    { ...requests([header("traceparent", "00-ab-22-01")]), ...SPANS },
    { ...requests([header("traceparent", "00-ab-11-01")]), ...SPANS },
    "request 1",
  ],
  [
    "HTTP method",
    stated({ http_method: "GET" }),
    { requests: [{ method: "GET" }] },
    requests([]),
    "request 1",
  ],
  [
    "canceled",
    stated({ canceled: true }),
    { requests: [{ canceled: true }] },
    requests([]),
    "request 1",
  ],
  [
    "not canceled",
    stated({ canceled: false }),
    requests([]),
    { requests: [{ canceled: true }] },
    "request 1",
  ],
  [
    "texts",
    stated({ texts: ["hi", ""] }),
    { requests: [{ body: "AAAAAAQKAmhpAAAAAAA=" }] },
    { requests: [{ body: "AAAAAAQKAmg=" }] },
    "request 1",
  ],
  [
    "texts in JSON",
    stated({ texts: ["hi"] }),
    { requests: [{ body: "AAAAAA17InRleHQiOiJoaSJ9", headers: [JSON_TYPE] }] },
    { requests: [{ body: "AAAAAA17InRleHQiOiJoaSJ9" }] },
    "request 1",
  ],
  [
    "no texts",
    stated({ texts: [] }),
    requests([]),
    { requests: [{ body: "AAAAAAQKAmhpAAAAAAA=" }] },
    "request 1",
  ],
];

test.each(ROWS)("%s", (...row) => {
  const { good, bad } = stepsOf(row);
  expect(good).toEqual([]);
  expect(bad).toContain(row[4]);
});
