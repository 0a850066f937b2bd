import { afterEach, describe, expect, it, vi } from "vitest";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { nodeError, scriptedClient } from "./harness/scripted_client.js";
import {
  errorOf,
  scriptedThreads,
  t1,
  thread,
  thrownBy,
  unauthenticated,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AmeideOptions, call, type CallSettings } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";

afterEach(() => vi.unstubAllEnvs());

const SERVICE = "ameide.threads.v1.ThreadsService";
const METHOD = `${SERVICE}/GetThread`;
const ONE = { retry: { maxAttempts: 1 } };

describe("k01 call>method>service>client", () => {
  const client = { timeoutMs: 4_000 };
  const service = { [SERVICE]: { timeoutMs: 3_000 } };
  const method = { [METHOD]: { timeoutMs: 2_000 } };
  it.each<[string, AmeideOptions, CallSettings, number]>([
    ["client", client, {}, 4_000],
    ["service", { ...client, methods: service }, {}, 3_000],
    ["method", { ...client, methods: { ...method, ...service } }, {}, 2_000],
    ["call", { ...client, methods: { ...method, ...service } }, { timeoutMs: 1_000 }, 1_000],
    [
      "control: other selectors",
      { ...client, methods: { "acme.v1.Other": { timeoutMs: 9 } } },
      {},
      4_000,
    ],
  ])("%s", async (_name, options, settings, expected) => {
    const made = scriptedThreads([thread], { ...ONE, ...options });
    await made.threads.getThread(t1, call(settings));
    expect(made.http.requests[0]?.timeoutMs).toBe(expected);
  });

  it("holds value by value, headers and tenant too", async () => {
    const made = scriptedThreads([unavailable, thread], {
      headers: { "x-a": "client", "x-b": "client" },
      timeoutMs: 4_000,
      methods: {
        [SERVICE]: { headers: { "X-A": "service" }, tenant: "ops" },
        [METHOD]: { retry: { maxAttempts: 2 } },
      },
    });
    await made.threads.getThread(t1);
    const [, last] = made.http.requests;
    expect(last?.timeoutMs).toBe(4_000);
    expect(["x-a", "x-b", "x-tenant-id"].map((name) => last?.headers.get(name))).toEqual([
      "service",
      "client",
      "ops",
    ]);
  });
});

describe("per call", () => {
  it("k03 retries-off-per-call", async () => {
    const made = scriptedThreads([unavailable, thread]);
    const error = await errorOf(made.threads.getThread(t1, call({ retry: false })));
    expect(error).toMatchObject({ stopReason: "attempts" });
    await made.threads.getThread(t1);
    expect(made.http.requests).toHaveLength(2);
  });

  it("k03 retries-off-per-call: and on again", async () => {
    const made = scriptedThreads([unavailable, thread], { retry: false });
    await made.threads.getThread(t1, call({ retry: { maxAttempts: 2 } }));
    expect(made.http.requests).toHaveLength(2);
  });

  it("k04 null-auth-per-call", async () => {
    const made = scriptedThreads([thread], { auth: { token: "t" } });
    await made.threads.getThread(t1, call({ auth: null }));
    await made.threads.getThread(t1, call({ auth: { header: "x-key", value: "k" } }));
    await made.threads.getThread(t1);
    const seen = made.http.requests.map(({ headers }) => [
      headers.get("authorization"),
      headers.get("x-key"),
    ]);
    expect(seen).toEqual([
      [null, null],
      [null, "k"],
      ["Bearer t", null],
    ]);
  });
});

describe("the environment", () => {
  function fromEnvironment(env: Record<string, string>, options: AmeideOptions = {}) {
    for (const [name, value] of Object.entries(env)) {
      vi.stubEnv(name, value);
    }
    const http = scriptedClient(unavailable, thread);
    const base: AmeideOptions = { telemetry: false, transport: http.client };
    const transport = createAmeideTransport({ ...base, ...options });
    return { http, threads: createClient(ThreadsService, transport), transport };
  }
  const env = {
    AMEIDE_BASE_URL: "https://env.test",
    AMEIDE_TENANT: "env",
    AMEIDE_TOKEN: "env-token",
    AMEIDE_TIMEOUT_MS: "4000",
    AMEIDE_MAX_ATTEMPTS: "2",
  };
  const code: AmeideOptions = {
    baseUrl: "https://code.test",
    tenant: "code",
    auth: { token: "code-token" },
    timeoutMs: 5_000,
    retry: { maxAttempts: 3 },
  };

  it.each<[string, AmeideOptions, string, number, number]>([
    ["k06 code-beats-environment", code, "code", 5_000, 3],
    ["control: the environment where code says nothing", {}, "env", 4_000, 2],
  ])("%s", async (_name, options, where, timeoutMs, maxAttempts) => {
    const { http, threads, transport } = fromEnvironment(env, options);
    await threads.getThread(t1);
    expect(http.requests[0]?.url).toContain(`https://${where}.test/`);
    expect(http.requests[0]?.headers.get("x-tenant-id")).toBe(where);
    expect(http.requests[0]?.headers.get("authorization")).toBe(`Bearer ${where}-token`);
    const { values } = transport.explain(ThreadsService.method.getThread);
    expect([values.timeoutMs.value, values.maxAttempts.value]).toEqual([timeoutMs, maxAttempts]);
  });

  it("k06 code-beats-environment: null sends none", async () => {
    const { http, threads } = fromEnvironment(env, { auth: null });
    await threads.getThread(t1);
    expect(http.requests[0]?.headers.has("authorization")).toBe(false);
  });

  it("the environment beats a policy document; an empty variable is none", () => {
    const policy = { default: { timeoutMs: "7000", maxAttempts: 5 } };
    const { transport } = fromEnvironment({ ...env, AMEIDE_MAX_ATTEMPTS: "" }, { policy });
    const { values } = transport.explain(ThreadsService.method.getThread);
    expect([values.timeoutMs.value, values.maxAttempts.value]).toEqual([4_000, 5]);
  });

  it.each([
    ["AMEIDE_BASE_URL", "ftp://s3cret"],
    ["AMEIDE_BASE_URL", "s3cret"],
    ["AMEIDE_TENANT", "s3cret s3cret"],
    ["AMEIDE_TOKEN", "s3cret\n"],
    ["AMEIDE_TIMEOUT_MS", "0"],
    ["AMEIDE_TIMEOUT_MS", "1.5"],
    ["AMEIDE_TIMEOUT_MS", "1e3"],
    ["AMEIDE_MAX_ATTEMPTS", "6"],
    ["AMEIDE_SDK_RETRIES", "no"],
  ])("%s=%j is refused", (name, value) => {
    const error = thrownBy(() => fromEnvironment({ ...env, [name]: value }));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field: name }] });
    expect(error.message).toContain(name);
    expect(error.message).not.toContain("s3cret");
  });

  it("k12 kill-switch-beats-code", async () => {
    vi.stubEnv("AMEIDE_SDK_RETRIES", "off");
    const warnings: string[] = [];
    const ignore = () => {};
    const logger = {
      error: ignore,
      info: ignore,
      debug: ignore,
      warn: (message: string) => void warnings.push(message),
    };
    const settings = { retry: { maxAttempts: 5 } };
    const made = scriptedThreads(
      [{ error: nodeError("ECONNREFUSED"), askBody: false }, unauthenticated, thread],
      {
        ...settings,
        logger,
        logLevel: "error",
        auth: { provider: () => ({ token: "t" }) },
        methods: { [METHOD]: settings },
      },
    );
    // Not even the transparent retry, not even the replay with a new token.
    const first = await errorOf(made.threads.getThread(t1, call(settings)));
    const second = await errorOf(made.threads.getThread(t1, call(settings)));
    expect([first.attempts.length, second.attempts.length]).toEqual([1, 1]);
    expect(first.stopReason).toBe("attempts");
    made.transport.withTenant("other");
    expect(warnings).toEqual([expect.stringContaining("AMEIDE_SDK_RETRIES=off")]);
    const { values } = made.transport.explain(ThreadsService.method.getThread);
    expect(values.retry).toEqual({
      value: false,
      source: "environment: AMEIDE_SDK_RETRIES",
    });
  });
});

describe("presets and versions", () => {
  it("k10 mesh-preset", async () => {
    const refused = { error: nodeError("ECONNREFUSED"), askBody: false };
    const made = scriptedThreads([refused, unavailable, thread], { preset: "mesh" });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ stopReason: "attempts" });
    expect(error.attempts.map(({ transparent }) => transparent)).toEqual([true, false]);
    expect(made.http.requests).toHaveLength(2);
  });

  it("k10 mesh-preset: code is nearer", async () => {
    const options: AmeideOptions = { preset: "mesh", retry: { maxAttempts: 2 } };
    const made = scriptedThreads([unavailable, thread], options);
    await made.threads.getThread(t1);
    expect(made.http.requests).toHaveLength(2);
  });

  it("k11 behavior-version-pins-defaults", () => {
    const options = { baseUrl: "https://api.test", behavior: 1 };
    const transport = createAmeideTransport(options);
    const { values } = transport.explain(ThreadsService.method.getThread);
    const builtIn = Object.entries(values).filter(([, { source }]) =>
      source.startsWith("built-in"),
    );
    expect(Object.fromEntries(builtIn.map(([name, { value }]) => [name, value]))).toEqual({
      timeoutMs: 30_000,
      attemptTimeoutMs: 10_000,
      firstMessageTimeoutMs: 30_000,
      idleTimeoutMs: 60_000,
      retry: true,
      maxAttempts: 3,
      baseDelayMs: 50,
      throttleDelayMs: 1_000,
      maxDelayMs: 20_000,
      maxServerDelayMs: 60_000,
      retryableCodes: [],
      requireIdempotency: false,
      waitForReady: false,
      carriesIdempotencyKey: false,
      requestIdField: null,
      idempotencyKey: "auto",
      authMode: "bearer",
      longLived: false,
      tenant: null,
      auth: null,
      httpVersion: "negotiated",
      connectTimeoutMs: 10_000,
      keepAlive: { intervalMs: 20_000, timeoutMs: 10_000, whileIdle: false },
      maxConnectionAgeMs: null,
      proxy: null,
    });
    expect(values.timeoutMs.source).toBe("built-in (behavior 1)");
    expect(() => createAmeideTransport({ ...options, behavior: 2 })).toThrow(/option behavior/);
  });
});
