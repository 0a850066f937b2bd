import { describe, expect, it } from "vitest";
import { createClient } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { connectError, nodeError, scriptedClient } from "./harness/scripted_client.js";
import {
  errorOf,
  type ScriptedThreads,
  scriptedThreads,
  t1,
  thread,
  unauthenticated,
  unavailable,
} from "./harness/scripted_threads.js";
import { type AmeideOptions, call } from "../src/index.js";

const OBSERVE: AmeideOptions = { mode: "observe" };
const HANG = { hang: true } as const;

function reported({ events }: ScriptedThreads): string[] {
  return events.flatMap((event) => (event.type === "would_have" ? [event.what] : []));
}

describe("k09 observe-changes-nothing-reports-all", () => {
  it("sends what Connect alone would send", async () => {
    const plain = scriptedClient(thread);
    const transport = createTransport({
      baseUrl: "https://api.test",
      httpClient: plain.client,
      useBinaryFormat: true,
      interceptors: [],
      acceptCompression: [],
      sendCompression: null,
      compressMinBytes: 1_024,
      readMaxBytes: 1e6,
      writeMaxBytes: 1e6,
    });
    const made = scriptedThreads([thread], { ...OBSERVE, tenant: null });
    for (const client of [createClient(ThreadsService, transport), made.threads]) {
      await client.createThread({ title: "x" }, { headers: { "x-mine": "1" } });
    }
    const [ours, theirs] = [made.http.requests[0], plain.requests[0]];
    expect(Object.fromEntries(ours?.headers ?? [])).toEqual(
      Object.fromEntries(theirs?.headers ?? []),
    );
    expect([ours?.url, ours?.method, ours?.body]).toEqual([
      theirs?.url,
      theirs?.method,
      theirs?.body,
    ]);
    expect(made.clock.timers).toEqual([]);
  });

  it("control: enforcing, it adds its headers", async () => {
    const made = scriptedThreads([thread]);
    await made.threads.createThread({ title: "x" });
    const { headers } = made.http.requests[0] as { headers: Headers };
    for (const name of ["x-request-id", "idempotency-key", "connect-timeout-ms"]) {
      expect(headers.has(name)).toBe(true);
    }
  });

  it("sends what was asked for by hand", async () => {
    const made = scriptedThreads([thread], { ...OBSERVE, auth: { token: "t" } });
    const settings = { requestId: "mine", idempotencyKey: "key", timeoutMs: 700 };
    await made.threads.createThread({}, call(settings));
    const { headers } = made.http.requests[0] as { headers: Headers };
    const names = ["authorization", "x-tenant-id", "x-request-id", "idempotency-key"];
    expect(names.map((name) => headers.get(name))).toEqual(["Bearer t", "acme", "mine", "key"]);
    expect(headers.get("connect-timeout-ms")).toBe("700");
  });

  it.each([
    ["a retry", [unavailable], {}],
    ["a transparent retry", [{ error: nodeError("ECONNREFUSED"), askBody: false }], {}],
    ["a replay with a new token", [unauthenticated], {}],
  ])("reports %s", async (_name, answers, options) => {
    const auth = { provider: () => ({ token: "t" }) };
    const made = scriptedThreads(answers as [never], { ...OBSERVE, auth, ...options });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error.attempts).toHaveLength(1);
    expect(reported(made)).toEqual(["retried"]);
    expect(made.http.requests).toHaveLength(1);
    expect(made.events.at(-1)).toMatchObject({ type: "done", budgetTokens: 500 });
  });

  it("reports a retry that a withheld key would have allowed", async () => {
    const made = scriptedThreads([unavailable], OBSERVE);
    await errorOf(made.threads.createThread({}));
    await errorOf(made.threads.createThread({}, call({ idempotencyKey: "off" })));
    expect(reported(made)).toEqual(["retried"]);
  });

  it("reports nothing where policy would have done nothing", async () => {
    const made = scriptedThreads([thread, connectError("not_found", 404)], OBSERVE);
    await made.threads.getThread(t1);
    await errorOf(made.threads.getThread(t1));
    expect(reported(made)).toEqual([]);
  });

  it.each<[string, number, string[]]>([
    ["neither yet", 10_000, []],
    ["the attempt timeout", 10_001, ["expired"]],
    ["the deadline, too", 30_001, ["expired", "expired"]],
  ])("reports what would have expired: %s", async (_name, ms, expected) => {
    const made = scriptedThreads([HANG], OBSERVE);
    const controller = new AbortController();
    const failed = errorOf(made.threads.getThread(t1, { signal: controller.signal }));
    await made.http.until(1);
    await made.clock.advance(ms);
    expect(made.http.hanging).toBe(1);
    controller.abort();
    expect(await failed).toMatchObject({ stopReason: "canceled" });
    expect(reported(made)).toEqual(expected);
  });

  it("reports a call that would have been refused", async () => {
    const made = scriptedThreads([thread], { ...OBSERVE, tenant: null });
    expect((await made.threads.getThread(t1)).thread?.id).toBe("t1");
    expect(reported(made)).toEqual(["refused"]);
  });

  it("reports an answer that would have been refused", async () => {
    const headers = { "content-type": "application/proto", "x-tenant-id": "other" };
    const made = scriptedThreads([{ ...thread, headers }], OBSERVE);
    expect((await made.threads.getThread(t1)).thread?.id).toBe("t1");
    expect(reported(made)).toEqual(["refused"]);
  });
});
