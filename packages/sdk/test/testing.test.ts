import { describe, expect, it } from "vitest";
import { createClient, type ConnectRouter } from "@connectrpc/connect";
import type { UniversalClientRequest } from "@connectrpc/connect/protocol";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { createStore, routes } from "@ameideio/reference-server";
import { scriptedClient } from "./harness/scripted_client.js";
import { errorOf, t1, thread, thrownBy, unavailable } from "./harness/scripted_threads.js";
import { call } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import {
  BEHAVIOR_1,
  createMemoryHttpClient,
  createVirtualClock,
  memoryOptions,
  type Randomness,
  seededRandom,
  sequence,
  watchCredentials,
  withTestRuntime,
} from "../src/testing.js";

const tenant = "acme";

describe("createMemoryHttpClient", () => {
  it("calls handlers in this process: the whole reference server", async () => {
    const transport = createAmeideTransport({
      baseUrl: "https://memory.test",
      tenant,
      transport: createMemoryHttpClient(routes(createStore())),
    });
    const threads = createClient(ThreadsService, transport);
    const { thread: made } = await threads.createThread({ title: "hello" });
    const { thread: found } = await threads.getThread({ threadId: made?.id ?? "" });
    expect(found?.title).toBe("hello");
    const other = threads.getThread({ threadId: made?.id ?? "" }, call({ tenant: "other" }));
    expect(await errorOf(other)).toMatchObject({ origin: "server", httpStatus: 404 });
  });
});

describe("memoryOptions", () => {
  const failing = (times: number) => (router: ConnectRouter) => {
    let calls = 0;
    router.rpc(ThreadsService.method.getThread, () => {
      if (++calls <= times) {
        throw new Error("not yet");
      }
      return { thread: { id: "t1" } };
    });
  };

  it("gives options over handlers, and the clock they run on", async () => {
    const { options, clock } = memoryOptions(failing(0), { tenant, timeoutMs: 500 });
    const threads = createClient(ThreadsService, createAmeideTransport(options));
    expect((await threads.getThread(t1)).thread?.id).toBe("t1");
    expect(clock.timers).toEqual([{ kind: "deadline", ms: 500 }]);
    expect(clock.pending).toBe(0);
  });

  it.each(["connect", "grpc", "grpc-web"] as const)(
    "tells handlers what time they have, by its clock: %s",
    async (protocol) => {
      const told: unknown[] = [];
      const { options, clock } = memoryOptions(
        (router) =>
          router.rpc(ThreadsService.method.getThread, async (_request, context) => {
            told.push(context.timeoutMs());
            await clock.advance(200);
            told.push(context.timeoutMs(), context.requestHeader.has("ameide-memory-grpc-timeout"));
            return {};
          }),
        { tenant, timeoutMs: 500, protocol },
      );
      await createClient(ThreadsService, createAmeideTransport(options)).getThread(t1);
      expect(told).toEqual([500, 300, false]);
    },
  );

  it("passes all time by itself if asked to, and no timer of the system's is left", async () => {
    const { options, clock } = memoryOptions(
      (router) => router.service(ThreadsService, { getThread: () => new Promise(() => {}) }),
      { tenant },
      { autoAdvance: true },
    );
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const threads = createClient(ThreadsService, createAmeideTransport(options));
    expect(await errorOf(threads.getThread(t1))).toMatchObject({ stopReason: "deadline" });
    expect(clock.now()).toBe(30_000);
    const after = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    expect(after).toBeLessThanOrEqual(before);
  });

  it("keeps what the options say", async () => {
    const { options } = memoryOptions(failing(1), { tenant, baseUrl: "https://other.test" });
    expect(options.baseUrl).toBe("https://other.test");
    const threads = createClient(ThreadsService, createAmeideTransport(options));
    expect(await errorOf(threads.getThread(t1))).toMatchObject({ origin: "server" });
  });
});

describe("withTestRuntime", () => {
  it("leaves the options it was given alone, and is kept by derived transports", async () => {
    const clock = createVirtualClock();
    const http = scriptedClient(unavailable, thread);
    const given = { baseUrl: "https://api.test", tenant, transport: http.client };
    const random = { backoff: sequence(0.5) };
    const options = withTestRuntime(given, { clock, random });
    expect(Object.getOwnPropertySymbols(given)).toEqual([]);
    const derived = createAmeideTransport(options).with({ timeoutMs: 900 }).withTenant("other");
    await createClient(ThreadsService, derived).getThread(t1);
    expect(clock.sleeps).toEqual([25]);
    expect(http.requests[0]?.headers.get("x-tenant-id")).toBe("other");
    expect(http.requests[0]?.timeoutMs).toBe(900);
  });

  it.each([
    ["control: as built in", BEHAVIOR_1, 30_000],
    [
      "another number",
      { ...BEHAVIOR_1, defaults: { ...BEHAVIOR_1.defaults, timeoutMs: 1_234, maxAttempts: 1 } },
      1_234,
    ],
  ])("constants: %s", async (_name, constants, expected) => {
    const http = scriptedClient(thread);
    const own = { baseUrl: "https://api.test", tenant, transport: http.client };
    const options = withTestRuntime({ ...own, attemptTimeoutMs: 60_000 }, { constants });
    await createClient(ThreadsService, createAmeideTransport(options)).getThread(t1);
    // On the system's clock, a moment has passed.
    expect(http.requests[0]?.timeoutMs).toBeLessThanOrEqual(expected);
    expect(http.requests[0]?.timeoutMs).toBeGreaterThan(expected - 500);
  });
});

describe("wrong options of a test", () => {
  const routing = () => {};
  const { client } = scriptedClient(thread);
  const wrong = (value: unknown) => value as never;

  it.each<[string, RegExp, () => unknown]>([
    [
      "time.autoAdvence",
      /did you mean autoAdvance\? It is not an option$/,
      () => memoryOptions(routing, {}, wrong({ autoAdvence: true })),
    ],
    [
      "time.speed",
      /known here: autoAdvance, skipSleeps, wallStartMs$/,
      () => createVirtualClock(wrong({ speed: 2 })),
    ],
    [
      "time.skipSleeps",
      /must be true or false, got a string$/,
      () => createVirtualClock(wrong({ skipSleeps: "no" })),
    ],
    [
      "time.wallStartMs",
      /must be a finite number, got an object$/,
      () => createVirtualClock(wrong({ wallStartMs: new Date() })),
    ],
    ["time", /must be an object, got true$/, () => createVirtualClock(wrong(true))],
    ["advance", /0 or more, got a negative number \(-5\)$/, () => createVirtualClock().advance(-5)],
    [
      "advance",
      /0 or more, got a string$/,
      () => createVirtualClock({ autoAdvance: true }).advance(wrong("5s")),
    ],
    [
      "routes",
      /must be a function, got an object$/,
      () => memoryOptions(wrong({ getThread: () => ({}) })),
    ],
    ["clock", /must have the methods now/, () => createMemoryHttpClient(routing, wrong({}))],
    [
      "options",
      /must be an object, got a string$/,
      () => memoryOptions(routing, wrong("https://a.test")),
    ],
    [
      "runtime.random.backof",
      /did you mean backoff\?/,
      () => withTestRuntime({}, { random: wrong({ backof: () => 0 }) }),
    ],
    [
      "runtime.random.backoff",
      /must be a function, got zero$/,
      () => withTestRuntime({}, { random: wrong({ backoff: 0 }) }),
    ],
    [
      "runtime.clok",
      /did you mean clock\?/,
      () => withTestRuntime({}, wrong({ clok: createVirtualClock() })),
    ],
    [
      "runtime.clock",
      /must have the methods now, wallNow/,
      () => withTestRuntime({}, wrong({ clock: { now: () => 0 } })),
    ],
    [
      "runtime.constants",
      /a changed copy of BEHAVIOR_1/,
      () => withTestRuntime({}, wrong({ constants: { budget: BEHAVIOR_1.budget } })),
    ],
    [
      "runtime",
      /cannot be read/,
      () =>
        withTestRuntime(
          {},
          {
            get random(): never {
              throw new Error("s3cret");
            },
          },
        ),
    ],
    ["sequence", /at least one number/, () => sequence(...([] as unknown as [number]))],
    ["seed", /must be a finite number, got a string$/, () => seededRandom(wrong("one"))],
    ["origin", /must be an address/, () => watchCredentials(client, "api.test", [])],
    [
      "secrets",
      /texts that are not empty, got an array$/,
      () => watchCredentials(client, "https://api.test", [""]),
    ],
  ])("%s: %s", (option, rule, make) => {
    const error = thrownBy(make);
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field: option }] });
    expect(error.message).toMatch(rule);
  });

  it("control: what is left out, or stated as undefined", () => {
    const clock = createVirtualClock(wrong({ autoAdvance: undefined }));
    const random: Partial<Randomness> = wrong({ backoff: undefined });
    expect(withTestRuntime({ tenant }, { clock, random })).toMatchObject({ tenant });
  });
});

describe("randomness", () => {
  it("sequence gives its numbers, then the last for ever", () => {
    const next = sequence(0.1, 0.2);
    expect([next(), next(), next(), next()]).toEqual([0.1, 0.2, 0.2, 0.2]);
  });

  it("the same seed gives the same, another does not", () => {
    const drawn = (seed: number) => {
      const { backoff, authJitter, bytes } = seededRandom(seed);
      return [backoff(), backoff(), authJitter(), ...bytes(16)];
    };
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it("its streams do not shift each other, and stay in [0, 1)", () => {
    const [one, other] = [seededRandom(3), seededRandom(3)];
    one.authJitter();
    one.bytes(32);
    expect(one.backoff()).toBe(other.backoff());
    for (let i = 0; i < 1_000; i++) {
      const u = one.backoff();
      expect(u >= 0 && u < 1).toBe(true);
    }
  });
});

describe("watchCredentials", () => {
  const request = (url: string, headers: Record<string, string>): UniversalClientRequest => ({
    url,
    method: "POST",
    header: new Headers(headers),
  });
  const secrets = ["s3cret", "acme"];
  const watch = () =>
    watchCredentials(scriptedClient(thread).client, "https://api.test/v1", secrets);

  it.each([
    ["https://evil.test/", { authorization: "Bearer s3cret" }],
    ["http://api.test/", { "x-tenant-id": "acme" }],
    ["https://api.test:8443/", { "x-key": "s3cret" }],
  ])("finds what went to %s", async (url, headers) => {
    const watched = watch();
    await watched.client(request(url, headers));
    const [name = ""] = Object.keys(headers);
    expect(() => watched.assertNoneLeft()).toThrow(
      `the header ${name} went to ${new URL(url).origin}`,
    );
  });

  it.each([
    ["https://api.test/", { authorization: "Bearer s3cret" }],
    ["https://evil.test/", { "x-other": "harmless" }],
  ])("control: says nothing of %s with %j", async (url, headers) => {
    const watched = watch();
    await watched.client(request(url, headers));
    watched.assertNoneLeft();
    expect(watched.requests.map((seen) => seen.url)).toEqual([url]);
  });

  it("a call's own credential goes home only", async () => {
    const watched = watch();
    const options = { baseUrl: "https://api.test", tenant, auth: { token: "s3cret" } };
    const transport = createAmeideTransport({ ...options, transport: watched.client });
    await createClient(ThreadsService, transport).getThread(t1);
    watched.assertNoneLeft();
    expect(watched.requests[0]?.headers).toContainEqual(["authorization", "Bearer s3cret"]);
  });
});
