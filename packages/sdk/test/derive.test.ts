import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { scriptedThreads, settled, t1, thread } from "./harness/scripted_threads.js";
import { sent } from "./harness/tokens.js";
import { createAmeideTransport } from "../src/node.js";
import type { AmeideOptions } from "../src/options/options.js";

const method = ThreadsService.method.getThread;
const selector = "ameide.threads.v1.ThreadsService/GetThread";

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

function derived(parent: AmeideOptions, changes: AmeideOptions) {
  const transport = createAmeideTransport({ baseUrl: "https://threads.test", ...parent });
  return transport.with(changes).explain(method).values;
}

describe("a derived client", () => {
  it("keeps what it does not change, also within retry", () => {
    const values = derived(
      { retry: { maxAttempts: 1, baseDelayMs: 7 }, tenant: "a" },
      { retry: { baseDelayMs: 9 } },
    );
    expect(values.maxAttempts.value).toBe(1);
    expect(values.baseDelayMs.value).toBe(9);
    expect(values.tenant.value).toBe("a");
  });

  it.each<[string, AmeideOptions, AmeideOptions, number | null]>([
    ["a deadline over none", { noDeadline: true }, { timeoutMs: 5 }, 5],
    ["none over a deadline", { timeoutMs: 5 }, { noDeadline: true }, null],
    [
      "what the parent said of a method",
      { methods: { [selector]: { timeoutMs: 5 } } },
      { timeoutMs: 6 },
      6,
    ],
    [
      "its own word on a method",
      { timeoutMs: 5 },
      { methods: { [selector]: { timeoutMs: 7 } } },
      7,
    ],
  ])("has the nearer deadline: %s", (_name, parent, changes, timeoutMs) => {
    expect(derived(parent, changes).timeoutMs.value).toBe(timeoutMs);
  });

  it.each<[string, AmeideOptions, AmeideOptions, boolean, number]>([
    ["off stays off", { retry: false }, { tenant: "a" }, false, 3],
    ["off is turned on by saying how", { retry: false }, { retry: { maxAttempts: 2 } }, true, 2],
    [
      "how a method is retried is kept where the client says something else",
      { methods: { [selector]: { retry: { maxAttempts: 4, baseDelayMs: 7 } } } },
      { retry: { baseDelayMs: 9 } },
      true,
      4,
    ],
    [
      "it turns a method's off",
      { methods: { [selector]: { retry: {} } } },
      { retry: false },
      false,
      3,
    ],
  ])("has the nearer retry: %s", (_name, parent, changes, retry, maxAttempts) => {
    const values = derived(parent, changes);
    expect([values.retry.value, values.maxAttempts.value]).toEqual([retry, maxAttempts]);
  });

  it("has what the parents of its parent said, as far as nobody nearer did", async () => {
    const made = scriptedThreads([thread], {
      retry: { baseDelayMs: 7, maxDelayMs: 8 },
      headers: { "x-first": "1", "X-Both": "1" },
      methods: { [selector]: { idempotencyKey: "off", attemptTimeoutMs: 9 } },
    });
    const child = made.transport.with({ retry: false, headers: { "x-both": "2" }, timeoutMs: 5 });
    const last = child.with({ retry: { maxDelayMs: 9 }, attemptTimeoutMs: 10, noDeadline: true });
    const { values } = last.explain(method);
    const seen = Object.entries(values).map(([name, { value }]) => [name, value]);
    expect(Object.fromEntries(seen)).toMatchObject({
      retry: true,
      baseDelayMs: 7,
      maxDelayMs: 9,
      timeoutMs: null,
      attemptTimeoutMs: 10,
      idempotencyKey: "off",
    });
    await createClient(ThreadsService, last).getThread(t1);
    const { headers } = made.http.requests[0] ?? {};
    expect([headers?.get("x-first"), headers?.get("x-both")]).toEqual(["1", "2"]);
  });

  it("keeps no credential that is used no more, however long the chain", async () => {
    const made = scriptedThreads([thread]);
    let { transport } = made;
    const auths = Array.from({ length: 200 }, (_, i) => {
      const auth = { provider: () => ({ token: `t${i}` }) };
      transport = transport.withAuth(auth).withTenant(`tenant-${i}`);
      return new WeakRef(auth);
    });
    await createClient(ThreadsService, transport).getThread(t1);
    await settled();
    collectGarbage();
    // One, and now and then another that V8 has not let go yet; not two hundred.
    expect(auths.filter((auth) => auth.deref() !== undefined).length).toBeLessThan(4);
    expect(sent(made)).toEqual(["Bearer t199"]);
  });

  it.each<[string, AmeideOptions]>([
    ["retry", { retry: 5 as unknown as false }],
    ["timeoutMs", { timeoutMs: 0 }],
    ["options", null as unknown as AmeideOptions],
  ])("refuses a wrong %s", (option, changes) => {
    expect(() => derived({ retry: { maxAttempts: 2 } }, changes)).toThrow(`option ${option}`);
  });
});
