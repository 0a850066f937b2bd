import { createContextValues } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { describe, expect, it } from "vitest";
import { scriptedThreads, t1, thread, thrownBy } from "./harness/scripted_threads.js";
import { AmeideError, call, createClient, paginate } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { createRosterClient } from "../src/roster.js";
import { memoryOptions, withTestRuntime } from "../src/testing.js";

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

function told(error: unknown): object {
  const text = String(error) + JSON.stringify(error);
  const { origin, reason } = error as Partial<AmeideError>;
  const option = /option (\S+): /.exec(String(error))?.[1];
  return {
    ours: error instanceof AmeideError,
    origin,
    reason,
    option,
    leaks: text.includes(SECRET),
  };
}

const refused = (option: string) => ({
  ours: true,
  origin: "client",
  reason: "CONFIG_INVALID",
  option,
  leaks: false,
});

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
    expect(told(thrownBy(() => createAmeideTransport(given)))).toEqual(refused(option));
    const transport = createAmeideTransport(ADDRESS);
    expect(told(thrownBy(() => transport.with(options)))).toEqual(refused(option));
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
    expect(told(await threads.getThread(t1, options).catch((reason) => reason))).toEqual(
      refused(option),
    );
    const stream = threads.watchThread({ threadId: "t1" }, options)[Symbol.asyncIterator]();
    expect(told(await stream.next().catch((reason: unknown) => reason))).toEqual(refused(option));
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
    const failed = lazily.getThread({}, getter("signal")).catch((reason) => reason);
    expect(told(await failed)).toEqual(refused("options"));
  });

  it("of a list, of a roster, of a client in memory", () => {
    const { threads } = made([thread]);
    const list = (options: object) => () => paginate(threads.listThreads, {}, options);
    expect(told(thrownBy(list(getter("maxItems"))))).toEqual(refused("options"));
    expect(told(thrownBy(list({ call: getter("signal") })))).toEqual(refused("options"));
    const roster = () => createRosterClient(getter("threads") as never, ADDRESS);
    expect(told(thrownBy(roster))).toEqual(refused("services"));
    const memory = () => memoryOptions(() => {}, getter("tenant"));
    expect(told(thrownBy(memory))).toEqual(refused("options"));
    const tested = () => withTestRuntime(getter("tenant"), {});
    expect(told(thrownBy(tested))).toEqual(refused("options"));
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
