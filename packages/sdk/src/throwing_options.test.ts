import { createContextValues } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, it } from "vitest";
import { scriptedThreads, t1, thread, thrownBy } from "./harness/scripted_threads.js";
import { AmeideError, type AmeideOptions, call, createClient, paginate } from "./index.js";
import { createAmeideTransport } from "./node.js";
import { createRosterClient } from "./roster.js";

// Getters and proxies are the caller's own code.
const SECRET = "s3cret-5f1e";
const throws = (): never => {
  throw new Error(SECRET);
};
const getter = (name: string): object =>
  Object.defineProperty({}, name, { enumerable: true, get: throws });
const proxy = (): object => new Proxy({}, { get: throws, ownKeys: throws });
const revoked = (): object => {
  const made = Proxy.revocable({}, {});
  made.revoke();
  return made.proxy;
};
// Over a client of ours, which sees all options.
const made = (answers: Parameters<typeof scriptedThreads>[0]) => {
  const { transport, http } = scriptedThreads(answers);
  return { threads: createClient(ThreadsService, transport), http };
};
const LOGGER = { error() {}, warn() {}, info() {}, debug() {} };
const ADDRESS = { baseUrl: "https://api.example.com" };

function expectRefused(error: unknown, option: string): void {
  expect(error).toBeInstanceOf(AmeideError);
  expect(error).toMatchObject({ origin: "client", reason: "CONFIG_INVALID" });
  expect(String(error)).toContain(`option ${option}: `);
  expect(String(error) + JSON.stringify(error)).not.toContain(SECRET);
}

describe("what throws as it is read is CONFIG_INVALID", () => {
  it.each<[string, object]>([
    ["options", getter("timeoutMs")],
    ["options", proxy()],
    ["options", revoked()],
    ["logger", { logger: Object.defineProperty({ ...LOGGER }, "info", { get: throws }) }],
    ["auth.token", { auth: getter("token") }],
    ["retry.maxAttempts", { retry: getter("maxAttempts") }],
    ["headers", { headers: getter("x-a") }],
    ["options", { methods: getter("acme.v1.Billing") }],
    ["methods[acme.v1.Billing].timeoutMs", { methods: { "acme.v1.Billing": getter("timeoutMs") } }],
    ["tls.ca", { tls: getter("ca") }],
    ["registry", { registry: getter("kind") }],
    ["telemetry", { telemetry: getter("begin") }],
    ["transport", { transport: getter("unary") }],
    ["deadlineFrom", { deadlineFrom: getter("timeoutMs") }],
    ["interceptors", { interceptors: new Proxy([], { get: throws }) }],
  ])("of a client, of a derived one: %s", (option, options) => {
    const given = option === "options" ? options : { ...ADDRESS, ...options };
    expectRefused(
      thrownBy(() => createAmeideTransport(given as AmeideOptions)),
      option,
    );
    const transport = createAmeideTransport(ADDRESS);
    expectRefused(
      thrownBy(() => transport.with(options as AmeideOptions)),
      option,
    );
  });

  it.each<[string, object]>([
    ["timeoutMs", call(getter("timeoutMs"))],
    ["retry.maxAttempts", call({ retry: getter("maxAttempts") })],
    ["headers", call({ headers: getter("x-a") as Record<string, string> })],
    ["options", getter("signal")],
    ["options", proxy()],
    ["headers", { headers: getter("x-a") }],
    ["signal", { signal: { aborted: false } }],
    ["signal", { signal: getter("aborted") }],
    ["contextValues", { contextValues: {} }],
  ])("of a call: %s", async (option, options) => {
    const { threads, http } = made([thread]);
    expectRefused(await threads.getThread(t1, options).catch((reason) => reason), option);
    const stream = threads.watchThread({ threadId: "t1" }, options)[Symbol.asyncIterator]();
    expectRefused(await stream.next().catch((reason: unknown) => reason), option);
    expect(http.requests).toEqual([]);
  });

  it("of a first call that waits for its stub", async () => {
    const lazy = {
      methods: { getThread: "unary" as const },
      load: () => new Promise<never>(() => {}),
    };
    const { lazily } = createRosterClient({ lazily: lazy as never }, ADDRESS) as never as {
      lazily: { getThread(request: object, options: object): Promise<unknown> };
    };
    const refused = lazily.getThread({}, getter("signal")).catch((reason) => reason);
    expectRefused(await refused, "options");
  });

  it("of a list, of a roster", () => {
    const { threads } = made([thread]);
    const list = (options: object) => () => paginate(threads.listThreads, {}, options);
    expectRefused(thrownBy(list(getter("maxItems"))), "options");
    expectRefused(thrownBy(list({ call: getter("signal") })), "options");
    const roster = () => createRosterClient(getter("threads") as never, ADDRESS);
    expectRefused(thrownBy(roster), "services");
  });
});

it("control: what is read without a fault, a signal made by hand too", async () => {
  const { threads, http } = made([thread, thread]);
  const { signal } = new AbortController();
  const byHand = {
    aborted: false,
    addEventListener: signal.addEventListener.bind(signal),
    removeEventListener: signal.removeEventListener.bind(signal),
  } as unknown as AbortSignal;
  await threads.getThread(t1, { signal: byHand, contextValues: createContextValues() });
  await threads.getThread(t1, { signal });
  expect(http.requests).toHaveLength(2);
});
