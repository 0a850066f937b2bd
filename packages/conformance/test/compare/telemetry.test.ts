import { expect, test } from "vitest";
import { type Row, stepsOf } from "../harness/rows.js";

const ROWS: readonly Row[] = [
  ["number of spans", { spans: [{}] }, { spans: [{}] }, { spans: [{}, {}] }, "spans"],
  [
    "name of a span",
    { spans: [{ name: "a" }] },
    { spans: [{ name: "a" }] },
    { spans: [{ name: "b" }] },
    "span 1",
  ],
  [
    "attribute of a span",
    { spans: [{ attributes: { a: "1" } }] },
    { spans: [{ attributes: { a: "1", b: "2" } }] },
    { spans: [{ attributes: { b: "1" } }] },
    "span 1",
  ],
  [
    "no attribute",
    { spans: [{ absent: ["a"] }] },
    { spans: [{}] },
    { spans: [{ attributes: { a: "1" } }] },
    "span 1",
  ],
  ["root span", { spans: [{ parent: 0 }] }, { spans: [{}] }, { spans: [{ parent: 2 }] }, "span 1"],
  [
    "failed span",
    { spans: [{ error: true }] },
    { spans: [{ error: true }] },
    { spans: [{}] },
    "span 1",
  ],
  [
    "events of a span",
    { spans: [{ events: [{ name: "e", attributes: { a: "1" } }] }] },
    { spans: [{ events: [{ name: "e", attributes: { a: "1" } }] }] },
    { spans: [{ events: [{ name: "e" }] }] },
    "span 1",
  ],
  [
    "no events of a span",
    { spans: [{ events: [] }] },
    { spans: [{}] },
    { spans: [{ events: [{ name: "e" }] }] },
    "span 1",
  ],
  [
    "values of a metric",
    { metrics: { m: { count: 1 } } },
    { metrics: { m: { count: 1 } } },
    {},
    "metric m",
  ],
  ["no metric", { metrics: { m: { count: 0 } } }, {}, { metrics: { m: { count: 1 } } }, "metric m"],
  [
    "unit",
    { metrics: { m: { unit: "s" } } },
    { metrics: { m: { unit: "s" } } },
    { metrics: { m: { unit: "ms" } } },
    "metric m",
  ],
  [
    "labels",
    { metrics: { m: { attributes: ["a"] } } },
    { metrics: { m: { attributes: ["a"] } } },
    { metrics: { m: { attributes: ["a", "b"] } } },
    "metric m",
  ],
  [
    "buckets",
    { metrics: { m: { bounds: [1, 2] } } },
    { metrics: { m: { bounds: [1, 2] } } },
    { metrics: { m: { bounds: [1] } } },
    "metric m",
  ],
  [
    "sum",
    { metrics: { m: { sum: 0.3 } } },
    { metrics: { m: { sum: 0.1 + 0.2 } } },
    { metrics: { m: { sum: 0.31 } } },
    "metric m",
  ],
  [
    "log line",
    { logs: [{ level: "warn", contains: ["a", "b"] }] },
    { logs: [{ level: "warn", text: "b a" }] },
    { logs: [{ level: "warn", text: "a" }] },
    "log 1",
  ],
  [
    "level",
    { logs: [{ level: "warn" }] },
    { logs: [{ level: "warn" }] },
    { logs: [{ level: "info" }] },
    "log 1",
  ],
  ["number of log lines", { logs: [{}] }, { logs: [{}] }, { logs: [{}, {}] }, "logs"],
  ["no log line", { no_logs: true }, {}, { logs: [{}] }, "logs"],
  [
    "duration of a span",
    { spans: [{ duration_ms: 25 }] },
    { spans: [{ durationMs: 25.000244 }] },
    { spans: [{ durationMs: 26 }] },
    "span 1",
  ],
  [
    "some log line",
    { some_logs: [{ level: "warn", contains: ["a"] }] },
    {
      logs: [
        { level: "info", text: "a" },
        { level: "warn", text: "b a" },
      ],
    },
    {
      logs: [
        { level: "info", text: "a" },
        { level: "warn", text: "b" },
      ],
    },
    "logs",
  ],
  [
    "one such log line",
    { some_logs: [{ contains: ["a"], count: 1 }] },
    { logs: [{ text: "a" }, { text: "b" }] },
    { logs: [{ text: "a" }, { text: "a" }] },
    "logs",
  ],
  ["no such log line", { some_logs: [{ count: 0 }] }, {}, { logs: [{ text: "a" }] }, "logs"],
  [
    "some event",
    { some_events: [{ type: "waiting", fields: { delayMs: "25" } }] },
    { events: ['{"type":"done"}', '{"type":"waiting","delayMs":25}'] },
    { events: ['{"type":"waiting","delayMs":26}', "waiting"] },
    "events",
  ],
  [
    "no such event",
    { some_events: [{ type: "would_have", count: 0 }] },
    { events: ['{"type":"done"}'] },
    { events: ['{"type":"would_have"}'] },
    "events",
  ],
  ["events", { events: ["done"] }, { events: ['{"type":"done"}'] }, { events: ["done"] }, "events"],
];

test.each(ROWS)("%s", (...row) => {
  const { good, bad } = stepsOf(row);
  expect(good).toEqual([]);
  expect(bad).toContain(row[4]);
});
