import { describe, expect, it } from "vitest";
import { connectError, scriptedClient } from "./harness/scripted_client.js";
import {
  errorOf,
  scriptedThreads,
  settled,
  t1,
  thread,
  unauthenticated,
  unavailable,
} from "./harness/scripted_threads.js";
import { HOUR, issuer, sent, withIssuer } from "./harness/tokens.js";
import { type AmeideOptions, call } from "../src/index.js";

describe("a refused token", () => {
  it("a05 401-refresh-replay-once", async () => {
    const made = withIssuer([unauthenticated, thread]);
    await made.threads.createThread({}, call({ idempotencyKey: "off" }));
    expect(sent(made)).toEqual(["Bearer t1", "Bearer t2"]);
    const attempts = made.http.requests.map(({ headers }) =>
      headers.get("grpc-previous-rpc-attempts"),
    );
    expect(attempts).toEqual([null, "1"]);
    expect(made.events.find(({ type }) => type === "waiting")).toMatchObject({
      kind: "replay",
      delayMs: 0,
      budgetTokens: 500,
    });
    expect(made.clock.sleeps).toEqual([]);
  });

  it("a05 401-refresh-replay-once: a proxy's counts as the server's", async () => {
    const made = withIssuer([{ status: 401, body: "<html>" }, thread]);
    await made.threads.getThread(t1);
    expect(sent(made)).toEqual(["Bearer t1", "Bearer t2"]);
  });

  it("a replay raises the attempt, not the exponent, and costs nothing", async () => {
    const { provider } = issuer();
    const made = scriptedThreads(
      [unauthenticated, unavailable, thread],
      { auth: { provider } },
      { random: { backoff: () => 0.999_999 } },
    );
    await made.threads.getThread(t1);
    expect(made.clock.sleeps).toEqual([49]);
    const waits = made.events.filter((event) => event.type === "waiting");
    expect(waits.map(({ budgetTokens }) => budgetTokens)).toEqual([500, 486]);
    expect(made.http.requests.at(-1)?.headers.get("grpc-previous-rpc-attempts")).toBe("2");
  });

  it("a06 second-401-surfaces", async () => {
    const made = withIssuer([unauthenticated]);
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ origin: "server", httpStatus: 401, stopReason: "not_retryable" });
    expect(error.attempts).toHaveLength(2);
    expect(made.tokens).toHaveLength(2);
  });

  it("a07 late-401-uses-newer-generation", async () => {
    // B is refused and replayed while A waits for its own refusal.
    let refuseA = () => {};
    const held = new Promise<void>((resolve) => {
      refuseA = resolve;
    });
    const inner = scriptedClient(unauthenticated, thread);
    const refusing = scriptedClient(unauthenticated);
    const { requests, provider } = issuer();
    let seen = 0;
    const made = scriptedThreads([thread], {
      auth: { provider },
      transport: (request) =>
        ++seen === 1 ? held.then(() => refusing.client(request)) : inner.client(request),
    });
    const a = made.threads.getThread(t1);
    await settled();
    await made.threads.getThread(t1);
    expect(requests).toHaveLength(2);
    refuseA();
    await a;
    expect(requests).toHaveLength(2);
    expect(sent({ http: refusing })).toEqual(["Bearer t1"]);
    expect(sent({ http: inner })).toEqual(["Bearer t1", "Bearer t2", "Bearer t2"]);
  });

  it.each<[string, AmeideOptions, number]>([
    ["a08 max-attempts-1-no-refresh", { retry: { maxAttempts: 1 } }, 1],
    ["retry off: no refresh", { retry: false }, 1],
    ["control: two attempts", { retry: { maxAttempts: 2 } }, 2],
  ])("%s", async (_name, options, expected) => {
    const made = withIssuer([unauthenticated, thread], HOUR, options);
    const outcome = await made.threads.getThread(t1).then(
      () => "ok",
      (error: unknown) => error,
    );
    expect([made.tokens.length, made.http.requests.length]).toEqual([expected, expected]);
    expect(outcome === "ok").toBe(expected === 2);
  });

  it.each<[string, AmeideOptions["auth"], string, string]>([
    ["a key in a header of its own", { header: "X-Api-Key", value: "k1" }, "x-api-key", "k1"],
    ["a token that does not change", { token: "k1" }, "authorization", "Bearer k1"],
  ])("a09 static-key-no-replay: %s", async (_name, auth, header, value) => {
    const made = scriptedThreads([unauthenticated, thread], { auth: auth ?? null });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ stopReason: "not_retryable", origin: "server" });
    expect(made.http.requests.map(({ headers }) => headers.get(header))).toEqual([value]);
  });

  it("a10 permission-denied-no-refresh", async () => {
    const made = withIssuer([connectError("permission_denied", 403), thread]);
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ stopReason: "not_retryable", httpStatus: 403 });
    expect(made.tokens).toHaveLength(1);
  });
});
