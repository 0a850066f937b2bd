import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type SeenOutcome, ScriptSchema } from "@ameideio/conformance-proto";
import { startFaultServer, toFaultScript } from "@ameideio/fault-server";
import { describe, expect, it } from "vitest";
import { ran } from "./harness/program.js";

const WIRES = [
  ["connect", "1.1", "json"],
  ["connect", "2", "binary"],
  ["grpc", "2", "json"],
  ["grpc-web", "1.1", "binary"],
  ["grpc-web", "2", "json"],
] as const;

const given = (method: string, more: JsonObject = {}) => ({
  steps: [{ call: { method, text: "hi", settings: { retryOff: true }, ...more } }],
});
const serverStream = (stream: JsonObject, more: JsonObject = {}) => ({
  given: given("ServerStreamIdempotent"),
  script: { answers: [{ stream, ...more }] },
});
const two = [{ text: "one" }, { text: "é", delayMs: "5" }];

const RUNS: readonly (readonly [
  string,
  { given: ReturnType<typeof given>; script: JsonObject },
])[] = [
  ["messages", serverStream({ messages: two, endDelayMs: "5" })],
  ["no messages", serverStream({})],
  [
    "an error with details, behind messages",
    serverStream({ messages: two, error: { code: "aborted", message: "é", retryInfoMs: "1500" } }),
  ],
  [
    "an error with trailers",
    serverStream(
      { error: { code: "unavailable", errorInfo: { reason: "R", metadata: { a: "1" } } } },
      { trailers: [{ name: "grpc-retry-pushback-ms", value: "-1" }] },
    ),
  ],
  ["no end", serverStream({ messages: two, end: "STREAM_END_MISSING" })],
  ["half an envelope", serverStream({ messages: two, end: "STREAM_END_HALF_ENVELOPE" })],
  ["garbage", serverStream({ messages: two, end: "STREAM_END_GARBAGE" })],
  ["a reset", serverStream({ messages: two, end: "STREAM_END_RESET" })],
  [
    "half a message, then a reset",
    serverStream(
      { messages: [{ text: "long enough to be cut in two" }] },
      { cut: "CUT_RESET_HALF" },
    ),
  ],
  [
    "an error as an answer",
    {
      given: given("ServerStreamIdempotent"),
      script: { answers: [{ error: { code: "not_found", message: "é %" } }] },
    },
  ],
  [
    "a client stream",
    {
      given: given("ClientStreamIdempotent", { texts: ["a", "b"] }),
      script: { answers: [{ ok: "done" }] },
    },
  ],
  [
    "a bidi stream",
    {
      given: given("BidiStreamIdempotent", { texts: ["a"] }),
      script: { answers: [{ stream: { messages: two } }] },
    },
  ],
  [
    "a unary call",
    {
      given: given("Idempotent"),
      script: { answers: [{ error: { code: "aborted", fieldViolations: [{ name: "a" }] } }] },
    },
  ],
];

// What of an outcome does not depend on time, or on which HTTP client it was.
function timeless({ error, ok, messages }: SeenOutcome) {
  if (error === undefined) {
    return { ok, messages };
  }
  const { code, origin, reason, stopReason, fields, detailCount, retryAfterMs, committed } = error;
  const told = { code, origin, reason, stopReason, fields, detailCount, retryAfterMs, committed };
  return { ...told, message: origin === "server" ? error.message : "", messages };
}

describe.each(WIRES)("%s over HTTP/%s, %s", (protocol, http, format) => {
  const run = { protocol, format };
  // Both sides of HTTP/1.1 cannot speak at once.
  const carried = RUNS.filter(([what]) => http !== "1.1" || what !== "a bidi stream");

  it.each(carried)(
    "shows in memory what real sockets show: %s",
    async (_what, { given: one, script }) => {
      const streams = one.steps[0]?.call.method.includes("Stream") === true;
      const server = await startFaultServer({
        script: toFaultScript(fromJson(ScriptSchema, script), { protocol, format, streams }),
      });
      const wire = await ran({ ...run, http, given: one, baseUrl: server.url });
      await server.close();
      const memory = await ran({ ...run, given: one, script });
      expect(memory.outcomes.map(timeless)).toEqual(wire.outcomes.map(timeless));
      expect(memory.outcomes).toHaveLength(1);
      const [seen] = memory.requests;
      const [record] = server.requests;
      expect(seen?.bodySha256).toBe(record?.bodySha256);
      const enveloped = streams || protocol !== "connect";
      expect(Buffer.from(seen?.body ?? [])).toEqual(
        enveloped ? Buffer.from(record?.body ?? []) : Buffer.alloc(0),
      );
      for (const { leaks } of [memory, wire]) {
        expect(leaks).toMatchObject({ timers: 0, listeners: 0, sockets: 0 });
      }
    },
  );

  it("tells who left from who read to the end", async () => {
    const stream = { messages: [{ text: "one" }, { text: "two" }] };
    const steps = [
      { call: { method: "ServerStreamIdempotent", breakAfter: 1 } },
      { call: { method: "ServerStreamIdempotent" } },
      { call: { method: "ServerStreamIdempotent", cancel: { afterMs: "50" } } },
    ];
    const script = {
      answers: [{ stream: { ...stream, stall: true } }, { stream }, { stream: { stall: true } }],
    };
    const { outcomes, requests } = await ran({ ...run, given: { steps }, script });
    expect(outcomes.map(({ messages, durationMs }) => [messages, durationMs])).toEqual([
      [["one"], 0],
      [["one", "two"], 0],
      [[], 50],
    ]);
    expect(requests.map(({ canceled }) => canceled)).toEqual([true, false, true]);
  });
});

it("sends the caller's messages one by one, and keeps them open", async () => {
  const step = { call: { method: "BidiStreamUnknown", texts: ["a", "b"], textDelayMs: "100" } };
  const stream = { early: true, messages: [{ text: "one", delayMs: "150" }], endDelayMs: "100" };
  const { outcomes, requests } = await ran({
    given: { steps: [step, { call: { ...step.call, keepOpen: true } }] },
    script: { otherwise: { stream } },
  });
  expect(outcomes).toMatchObject([
    { ok: "", messages: ["one"], headersMs: 0, durationMs: 250 },
    { ok: "", messages: ["one"], headersMs: 0, durationMs: 250 },
  ]);
  expect(requests.map(({ body }) => body.length)).toEqual([16, 16]);
});
