import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { errorOf, scriptedThreads, settled, t1, thread } from "./harness/scripted_threads.js";
import { HOUR, issuer, sent, WALL_START, withIssuer } from "./harness/tokens.js";
import { call, type Token } from "../src/index.js";

describe("the token cache", () => {
  it("a01 cached", async () => {
    const made = withIssuer([thread]);
    await made.threads.getThread(t1);
    await made.threads.getThread(t1);
    expect(sent(made)).toEqual(["Bearer t1", "Bearer t1"]);
    expect(made.tokens).toEqual([
      { tenant: "acme", scopes: ["threads.read"], deadline: new Date(WALL_START + 30_000) },
    ]);
  });

  it("a token without an expiry is kept", async () => {
    const { requests, provider } = issuer(0);
    const made = scriptedThreads([thread], { auth: { provider } });
    await made.threads.getThread(t1);
    await made.clock.advance(1_000 * HOUR);
    await made.threads.getThread(t1);
    expect(requests).toHaveLength(1);
  });

  it.each([
    ["control: not yet", 120_001, 1],
    ["at 120 s before the expiry", 120_000, 2],
  ])("a02 advisory-background-one-flight: %s", async (_name, leftMs, expected) => {
    const made = withIssuer([thread]);
    await made.threads.getThread(t1);
    await made.clock.advance(HOUR - leftMs);
    await Promise.all([made.threads.getThread(t1), made.threads.getThread(t1)]);
    expect(made.tokens).toHaveLength(expected);
    expect(sent(made)).toEqual(["Bearer t1", "Bearer t1", "Bearer t1"]);
    await made.threads.getThread(t1);
    expect(sent(made).at(-1)).toBe(`Bearer t${expected}`);
  });

  it.each([
    [0, 108_000],
    [0.5, 120_000],
    [0.999_999_999, 132_000],
  ])("the advisory time is spread by a tenth: %s", async (u, expectedMs) => {
    const { requests, provider } = issuer();
    const random = { authJitter: () => u };
    const made = scriptedThreads([thread], { auth: { provider } }, { random });
    await made.threads.getThread(t1);
    await made.clock.advance(HOUR - expectedMs - 1);
    await made.threads.getThread(t1);
    expect(requests).toHaveLength(1);
    await made.clock.advance(2);
    await made.threads.getThread(t1);
    expect(requests).toHaveLength(2);
  });

  it("a failed background refresh waits 5 s and serves the old token", async () => {
    let asked = 0;
    const provider = () =>
      ++asked === 1
        ? { token: "old", expiresAt: WALL_START + HOUR }
        : Promise.reject(new Error("no"));
    const made = scriptedThreads([thread], { auth: { provider } });
    await made.threads.getThread(t1);
    await made.clock.advance(HOUR - 120_000);
    for (const [waitMs, expected] of [
      [0, 2],
      [4_999, 2],
      [1, 3],
    ] as const) {
      await made.clock.advance(waitMs);
      await made.threads.getThread(t1);
      await settled();
      expect(asked).toBe(expected);
    }
    expect(new Set(sent(made))).toEqual(new Set(["Bearer old"]));
  });

  it.each([
    ["control: not yet", 30_001, "Bearer t1"],
    ["at 30 s before the expiry", 30_000, "Bearer t2"],
    ["after the expiry", -1, "Bearer t2"],
  ])("a03 mandatory-blocks: %s", async (_name, leftMs, expected) => {
    const made = withIssuer([thread]);
    await made.threads.getThread(t1);
    await made.clock.advance(HOUR - leftMs);
    await made.threads.getThread(t1);
    expect(sent(made)).toEqual(["Bearer t1", expected]);
  });

  it("a04 100-callers-one-refresh", async () => {
    const made = withIssuer([thread]);
    await made.threads.getThread(t1);
    await made.clock.advance(HOUR);
    await Promise.all(Array.from({ length: 100 }, () => made.threads.getThread(t1)));
    expect(made.tokens).toHaveLength(2);
    expect(sent(made)).toEqual(["Bearer t1", ...Array.from({ length: 100 }, () => "Bearer t2")]);
  });

  it("a12 cancelled-waiter-does-not-cancel-flight", async () => {
    let arrive = (_token: Token) => {};
    let asked = 0;
    const provider = () => {
      asked++;
      return new Promise<Token>((resolve) => {
        arrive = resolve;
      });
    };
    const made = scriptedThreads([thread], { auth: { provider } });
    const controller = new AbortController();
    const canceled = errorOf(made.threads.getThread(t1, { signal: controller.signal }));
    const short = errorOf(made.threads.getThread(t1, { timeoutMs: 100 }));
    const patient = made.threads.getThread(t1);
    controller.abort();
    expect(await canceled).toMatchObject({ stopReason: "canceled" });
    await made.clock.advance(100);
    expect(await short).toMatchObject({ stopReason: "deadline" });
    arrive({ token: "late" });
    await patient;
    expect([asked, ...sent(made)]).toEqual([1, "Bearer late"]);
  });

  it("a13 per-tenant-cache", async () => {
    const made = withIssuer([thread]);
    for (const tenant of ["acme", "other", "acme", "other"]) {
      await made.threads.getThread(t1, call({ tenant }));
    }
    expect(made.tokens.map(({ tenant }) => tenant)).toEqual(["acme", "other"]);
    expect(sent(made)).toEqual(["Bearer t1", "Bearer t2", "Bearer t1", "Bearer t2"]);
  });

  it("a13 per-tenant-cache: scopes too, and derived clients share it", async () => {
    const made = withIssuer([thread]);
    await made.threads.getThread(t1);
    await made.threads.deleteThread(t1);
    const derived = createClient(ThreadsService, made.transport.withTenant("acme"));
    await derived.getThread(t1);
    expect(made.tokens.map(({ scopes }) => scopes)).toEqual([["threads.read"], ["threads.write"]]);
  });
});

describe("what is no expiry", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["text", "2030-01-01T00:00:00Z"],
    ["an invalid date", new Date("x")],
    ["a date made of seconds", new Date(1_767_225_600)],
    ["a bigint", 1_767_225_600_000n],
    ["an object", { valueOf: () => WALL_START + HOUR }],
    ["a boolean", true],
  ])("%s is refused by name", async (_name, expiresAt) => {
    let asked = 0;
    const provider = () => {
      asked++;
      return { token: "s3cret", expiresAt: expiresAt as Date };
    };
    const made = scriptedThreads([thread], { auth: { provider } });
    for (let i = 0; i < 3; i++) {
      const error = await errorOf(made.threads.getThread(t1));
      expect(error).toMatchObject({ reason: "CONFIG_INVALID", origin: "client" });
      expect(error.message).toMatch(/option auth.provider: expiresAt must be a Date or millisec/);
    }
    expect([asked, made.http.requests.length]).toEqual([1, 0]);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["text", "s3cret"],
    ["null", null],
    ["no token", {}],
  ])("%s instead of a token is refused, too", async (_name, given) => {
    const made = scriptedThreads([thread], { auth: { provider: () => given as Token } });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", origin: "client" });
    expect(error.message).not.toContain("s3cret");
  });

  it("a token that throws when it is read is a provider that fails", async () => {
    const given = {
      get token(): string {
        throw new Error("token=s3cret is over");
      },
    };
    const made = scriptedThreads([thread], { auth: { provider: () => given } });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({
      reason: "TOKEN_PROVIDER_FAILED",
      rawMessage: "the token provider failed: token=REDACTED is over",
    });
  });

  it("control: a date of another realm", async () => {
    const expiresAt = runInNewContext(`new Date(${WALL_START + HOUR})`) as Date;
    const made = scriptedThreads([thread], {
      auth: { provider: () => ({ token: "t1", expiresAt }) },
    });
    await made.threads.getThread(t1);
    expect(sent(made)).toEqual(["Bearer t1"]);
  });
});

describe("close()", () => {
  it("fails those who wait for a token, at once, and leaves no timer", async () => {
    const provider = () => new Promise<Token>(() => {});
    const made = scriptedThreads([thread], { auth: { provider } });
    const waiting = [made.threads.getThread(t1), made.threads.getThread(t1)].map(errorOf);
    made.transport.close();
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ reason: "CLIENT_CLOSED", origin: "client" });
    }
    expect(made.clock.pending).toBe(0);
  });

  it("may be called by the provider", async () => {
    const made = scriptedThreads([thread], {
      auth: {
        provider() {
          made.transport.close();
          return { token: "t1" };
        },
      },
    });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ reason: "CLIENT_CLOSED" });
    expect([made.http.requests.length, made.clock.pending]).toEqual([0, 0]);
  });
});

describe("credentials that cannot be had or sent", () => {
  it.each([
    ["rejects", () => Promise.reject(new Error("secret=s3cret"))],
    [
      "throws",
      () => {
        throw new Error("secret=s3cret");
      },
    ],
  ])("a11 provider-error-shape: %s", async (_name, provider) => {
    const made = scriptedThreads([thread], { auth: { provider } });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({
      origin: "client",
      reason: "TOKEN_PROVIDER_FAILED",
      method: "ameide.threads.v1.ThreadsService/GetThread",
      attempts: [],
      cause: { message: "secret=s3cret" },
    });
    expect(error.message).toBe("[unauthenticated] the token provider failed: secret=REDACTED");
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain("s3cret");
    expect(made.http.requests).toEqual([]);
  });

  it.each<[what: string, thrown: unknown, told: string]>([
    ["words", "the disk is full", ": the disk is full"],
    ["nothing", undefined, ""],
    ["what is no error", { password: "s3cret" }, ""],
    ["a code alone", Object.assign(new Error(""), { code: "ENOENT" }), ": ENOENT"],
    [
      "what throws when it is read",
      Object.defineProperty(new Error("never"), "message", {
        get: () => {
          throw new Error("s3cret");
        },
      }),
      "",
    ],
    [
      "several",
      new AggregateError([new Error("one"), new Error("two")], "both"),
      ": both: one: two",
    ],
  ])("a provider that throws %s", async (_name, thrown, told) => {
    const provider = () => Promise.reject(thrown);
    const error = await errorOf(
      scriptedThreads([thread], { auth: { provider } }).threads.getThread(t1),
    );
    expect(error.rawMessage).toBe(`the token provider failed${told}`);
  });

  it.each([
    ["a16 token-with-newline-refused", "s3c\nr3t"],
    ["a carriage return", "s3c\rr3t"],
    ["not ASCII", "s3cr3t é"],
    ["empty", ""],
    ["spaces around it", " s3cr3t "],
  ])("%s", async (_name, token) => {
    const made = scriptedThreads([thread], { auth: { provider: () => ({ token }) } });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", origin: "client" });
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain("r3t");
    expect(() => scriptedThreads([thread], { auth: { token } })).toThrow(/option auth.token/);
    expect(made.http.requests).toEqual([]);
  });

  it.each([
    ["a14 http-non-loopback-refused", "http://api.test", true, /plain http/],
    ["a14 http-non-loopback-refused: not even nearly", "http://127.0.0.1.api.test", true, /http/],
    ["a15 loopback-needs-flag", "http://127.0.0.1:8080", false, /allowInsecureLoopback/],
    ["a15 loopback-needs-flag: by name", "http://localhost", undefined, /allowInsecureLoopback/],
  ])("%s", (_name, baseUrl, flag, message) => {
    const options = flag === undefined ? {} : { allowInsecureLoopback: flag };
    expect(() => scriptedThreads([thread], { baseUrl, ...options })).toThrow(message);
  });

  it.each(["http://127.0.0.1:1", "http://127.9.9.9", "http://localhost", "http://[::1]:80"])(
    "control: %s with the flag",
    async (baseUrl) => {
      const made = scriptedThreads([thread], { baseUrl, allowInsecureLoopback: true });
      await made.threads.getThread(t1);
      expect(made.http.requests[0]?.url).toContain(new URL(baseUrl).origin);
    },
  );
});
