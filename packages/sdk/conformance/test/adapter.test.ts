import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type RunResponse, ScriptSchema } from "@ameideio/conformance-proto";
import { startFaultServer, toFaultScript } from "@ameideio/fault-server";
import { describe, expect, it } from "vitest";
import { ask, ran } from "./harness/program.js";

const call = (more: JsonObject = {}): JsonObject => ({
  call: { method: "Idempotent", text: "hi", ...more },
});
const steps = (...given: JsonObject[]): JsonObject => ({ steps: given });
const script = (...answers: JsonObject[]): JsonObject => ({ answers });
const unavailable: JsonObject = { error: { code: "unavailable", message: "no" } };

describe("what it is", () => {
  it("says its id, what it can do, and every number of the policy", async () => {
    const result = await ask({ describe: {} });
    expect(result).toMatchObject({
      case: "describe",
      value: {
        sdk: "ts",
        entries: ["generic", "roster"],
        protocols: ["connect", "grpc", "grpc-web"],
        kinds: ["unary", "server_streaming", "client_streaming", "bidi_streaming"],
      },
    });
    expect(result.case === "describe" && result.value.constants).toMatchObject({
      "defaults.timeoutMs": 30_000,
      "budget.cost": 14,
      "presets.mesh.maxAttempts": 1,
      hintJitterCapMs: 1_000,
    });
  });

  it("answers a case it cannot run with an error, and goes on", async () => {
    const bad = await ask({ run: { entry: "back" } });
    expect(bad).toMatchObject({ case: "error", value: expect.stringContaining("no entry back") });
    const constants = { "defaults.nothing": 1 };
    expect(await ask({ run: { entry: "generic", constants } })).toMatchObject({ case: "error" });
    const stuck = steps(call({ settings: { noDeadline: true, retryOff: true } }));
    const run = { entry: "generic", given: stuck, script: script({ stall: true }) };
    expect(await ask({ run })).toMatchObject({ value: expect.stringContaining("never comes") });
    expect(
      (await ran({ given: steps(call()), script: script({ ok: "a" }) })).outcomes,
    ).toHaveLength(1);
  });
});

describe.each(["generic", "roster"])("in memory, through the entry %s", (entry) => {
  it.each(["binary", "json"])("retries on its own clock, exactly (%s)", async (format) => {
    const seen = await ran({
      entry,
      format,
      given: { ...steps(call()), random: [0.999999] },
      script: script({ ...unavailable, delayMs: "7" }, unavailable, { ok: "done", delayMs: "100" }),
    });
    expect(seen.outcomes).toMatchObject([{ ok: "done", durationMs: 7 + 49 + 99 + 100 }]);
    expect(seen.sleeps).toEqual([49, 99]);
    expect(seen.requests.map(({ atMs }) => atMs)).toEqual([0, 56, 155]);
    expect(new Set(seen.requests.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
    expect(seen.budget).toBe(486);
    expect(seen.leaks).toMatchObject({ timers: 0, listeners: 0, sockets: 0 });
  });

  it("ends stalled calls at their deadlines", async () => {
    const seen = await ran({
      entry,
      given: {
        client: { settings: { timeoutMs: 1_000, attemptTimeoutMs: 400 } },
        random: [0],
        ...steps(call()),
      },
      script: { otherwise: { stall: true } },
    });
    expect(seen.outcomes).toMatchObject([
      {
        durationMs: 1_000,
        error: {
          code: "deadline_exceeded",
          stopReason: "deadline",
          attempts: [{ durationMs: 400 }, { durationMs: 400 }, { durationMs: 200 }],
        },
      },
    ]);
    expect(timeouts(seen)).toEqual(["400", "400", "200"]);
  });

  it("tells all an error knows", async () => {
    const errorInfo = { reason: "GONE", domain: "acme.test", metadata: { a: "b" } };
    const fieldViolations = [{ name: "text", value: "is bad" }];
    const details = [{ type: "acme.v1.Thing", value: "AQI=" }];
    const error = { code: "invalid_argument", message: "no", errorInfo, fieldViolations, details };
    const seen = await ran({
      entry,
      given: steps(call()),
      script: script({ error: { ...error, requestId: "s-1" } }),
    });
    expect(seen.outcomes[0]?.error).toMatchObject({
      code: "invalid_argument",
      origin: "server",
      stopReason: "not_retryable",
      reason: "GONE",
      domain: "acme.test",
      metadata: { a: "b" },
      fields: ["text"],
      detailCount: 4,
      serverRequestId: "s-1",
      httpStatus: 400,
      message: "no",
    });
  });

  it("breaks connections as Node shows it", async () => {
    const classes = async (...answers: JsonObject[]) => {
      const seen = await ran({
        entry,
        given: steps(call()),
        script: script(...answers, { ok: "end" }),
      });
      expect(seen.outcomes[0]).toMatchObject({ ok: "end" });
      expect(new Set(seen.requests.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
      return seen.events.flatMap((event) => {
        const { type, class: retryClass } = JSON.parse(event) as { type: string; class?: string };
        return type === "attempt_failed" ? [retryClass] : [];
      });
    };
    expect(await classes({ break: "BREAK_REFUSED" })).toEqual(["NOT_SENT"]);
    expect(await classes({ break: "BREAK_REFUSED_STREAM" })).toEqual(["NOT_SENT"]);
    expect(await classes({ break: "BREAK_HANDSHAKE" })).toEqual(["NOT_SENT"]);
    expect(await classes({ break: "BREAK_RESET_AFTER_READ" })).toEqual(["AMBIGUOUS"]);
    expect(await classes({ ok: "half", cut: "CUT_RESET_HALF" })).toEqual(["AMBIGUOUS"]);
    expect(await classes({ ok: "half", cut: "CUT_CLOSE_HALF" })).toEqual(["AMBIGUOUS"]);
    expect(await classes({ ok: "half", cut: "CUT_STALL_HALF" })).toEqual(["AMBIGUOUS"]);
  });

  it("cancels, many at once and for the first only", async () => {
    const cancel = { afterMs: "50", firstOnly: true };
    const given = steps(call({ parallel: 3, cancel }), call({ cancel: { beforeStart: true } }));
    const answers = [1, 2, 3].map(() => ({ ok: "late", delayMs: "80" }));
    const seen = await ran({ entry, given, script: script(...answers) });
    expect(seen.outcomes).toMatchObject([
      { durationMs: 50, error: { code: "canceled", nativeCancellation: true } },
      { ok: "late", durationMs: 80 },
      { ok: "late", durationMs: 80 },
      { durationMs: 0, error: { code: "canceled" } },
    ]);
    expect(seen.requests).toHaveLength(3);
    expect(seen.leaks).toMatchObject({ timers: 0, listeners: 0 });
  });

  it("asks a provider of tokens, and derives clients", async () => {
    const provider = [{ token: "one", delayMs: "5" }, { token: "two" }];
    const seen = await ran({
      entry,
      given: {
        client: { settings: { auth: { provider }, tenant: "acme" } },
        ...steps(
          call(),
          { derive: { name: "b", settings: { tenant: "other" } } },
          call({ client: "b" }),
          {
            derive: { name: "c", from: "b", settings: { authNull: true, headers: { "x-a": "b" } } },
          },
          call({ client: "c" }),
        ),
      },
      script: { otherwise: { ok: "" } },
    });
    expect(seen.providerCalls).toBe(2);
    const sent = (name: string) => seen.requests.map((each) => headerOf(each.headers, name));
    expect(sent("authorization")).toEqual(["Bearer one", "Bearer two", undefined]);
    expect(sent("x-tenant-id")).toEqual(["acme", "other", "other"]);
    expect(sent("x-a")).toEqual([undefined, undefined, "b"]);
  });

  it("explains, with environment, document and perturbed constants", async () => {
    const selectors = ["ameide.conformance.v1.ConformanceService/Idempotent"];
    const seen = await ran({
      entry,
      constants: { "defaults.baseDelayMs": 51 },
      given: {
        env: { AMEIDE_TIMEOUT_MS: "1234", AMEIDE_BASE_URL: "https://env.test" },
        client: {
          policy: { methods: [{ selectors, policy: { maxServerDelayMs: "777" } }] },
          methods: { Idempotent: { retry: { maxAttempts: 2 } } },
        },
        ...steps({ explain: "Idempotent" }),
      },
    });
    expect(seen.explained).toMatchObject({
      timeoutMs: { value: { kind: { value: 1_234 } }, source: "environment: AMEIDE_TIMEOUT_MS" },
      baseDelayMs: { value: { kind: { value: 51 } }, source: "built-in (behavior 1)" },
      maxAttempts: {
        value: { kind: { value: 2 } },
        source: expect.stringMatching(/^code: methods/),
      },
      maxServerDelayMs: {
        value: { kind: { value: 777 } },
        source: expect.stringMatching(/^policy/),
      },
    });
    expect(seen.policyHash).toMatch(/^[0-9a-f]{64}$/);
    expect(seen.outcomes).toEqual([]);
  });

  it("gives a wrong option as the outcome, and goes through lists", async () => {
    const wrong = await ran({
      entry,
      given: { client: { unknownOption: "atempts" }, ...steps(call()) },
    });
    expect(wrong.outcomes).toMatchObject([{ error: { reason: "CONFIG_INVALID" } }]);
    expect(wrong.requests).toEqual([]);
    const pages = [
      { page: { items: ["a", "b"], nextPageToken: "2" } },
      { page: { items: ["c", "d"] } },
    ];
    const list = await ran({
      entry,
      given: steps({ paginate: { maxItems: 3 } }),
      script: script(...pages),
    });
    expect(list.items).toEqual(["a", "b", "c"]);
  });

  it("records spans, metrics, logs and events", async () => {
    const client = { telemetry: true, attemptSpans: true, logLevel: "warn", baggage: ["plan"] };
    const seen = await ran({
      entry,
      given: { client, ambientBaggage: { plan: "gold", hidden: "x" }, ...steps(call()) },
      script: script({ ...unavailable, delayMs: "10" }, { ok: "" }),
    });
    expect(seen.spans).toMatchObject([
      {
        parent: 0,
        error: false,
        durationMs: 35,
        events: [{ attributes: { "ameide.delay_ms": "25" } }],
      },
      { parent: 1, error: true },
      { parent: 1, error: false },
    ]);
    expect(seen.metrics["rpc.client.call.duration"]).toMatchObject({
      unit: "s",
      count: 1,
      sum: 0.035,
    });
    expect(seen.metrics["ameide.client.retry_budget.tokens"]).toMatchObject({ count: 1, sum: 500 });
    expect(seen.requests.map(({ headers }) => headerOf(headers, "baggage"))).toEqual([
      "plan=gold",
      "plan=gold",
    ]);
    expect(seen.logs.map(({ level }) => level)).toEqual(["warn", "warn"]);
    expect(seen.events.map((event) => (JSON.parse(event) as { type: string }).type)).toEqual([
      "attempt_started",
      "attempt_failed",
      "waiting",
      "attempt_started",
      "done",
    ]);
  });

  it("sends what the first attempt sent, whatever becomes of the caller's message", async () => {
    const seen = await ran({
      entry,
      given: steps(call({ mutateMessage: true })),
      script: script(unavailable, { ok: "" }),
    });
    expect(seen.requests[1]?.bodySha256).toBe(seen.requests[0]?.bodySha256);
  });
});

describe("on the wire", () => {
  it.each(["1.1", "2"])(
    "runs many cases at once, and leaves nothing open (HTTP/%s)",
    async (http) => {
      const answers = script({ ...unavailable, delayMs: "20" }, { ok: "done" });
      const faults = toFaultScript(fromJson(ScriptSchema, answers), {
        format: "json",
        protocol: "connect",
      });
      const server = await startFaultServer();
      const mounted = ["generic", "roster", "generic"].map((entry, i) => ({
        entry,
        ...server.mount(`case${i}`, faults),
      }));
      const all = await Promise.all(
        mounted.map(({ entry, url }, i) =>
          ran({
            entry,
            http,
            format: "json",
            baseUrl: url,
            given: {
              env: { AMEIDE_TENANT: `tenant-${i}` },
              client: { sendCompression: "gzip", environmentCredentials: true },
              ...steps(call({ text: "x".repeat(5_000), cancel: { afterMs: "9000" } })),
            },
          }),
        ),
      );
      for (const seen of all) {
        expect(seen.outcomes).toMatchObject([{ ok: "done" }]);
        expect(seen.sleeps[0]).toBe(25);
        expect(seen.requests).toEqual([]);
        expect(seen.leaks).toMatchObject({ timers: 0, listeners: 0, sockets: 0 });
      }
      for (const { headers } of server.requests) {
        expect(headers).toContainEqual(["content-encoding", "gzip"]);
      }
      const tenants = server.requests.map(
        ({ headers }) => headers.find(([name]) => name === "x-tenant-id")?.[1],
      );
      expect(tenants.map(String).toSorted((a, b) => a.localeCompare(b))).toEqual(
        [0, 0, 1, 1, 2, 2].map((i) => `tenant-${i}`),
      );
      await server.close();
    },
  );
});

it("goes through hours of waiting in memory at once", async () => {
  const one = {
    given: { client: { settings: { noDeadline: true } }, ...steps(call()) },
    script: script(unavailable, { ok: "done", delayMs: "9000" }),
  };
  const all = await Promise.all(Array.from({ length: 500 }, () => ran(one)));
  const waitedMs = all.reduce((sum, { outcomes }) => sum + (outcomes[0]?.durationMs ?? 0), 0);
  expect(waitedMs).toBe(500 * (25 + 9_000));
});

function headerOf(headers: readonly { name: string; value: string }[], name: string) {
  return headers.find((header) => header.name === name)?.value;
}

function timeouts(seen: RunResponse) {
  return seen.requests.map(({ headers }) => headerOf(headers, "connect-timeout-ms"));
}
