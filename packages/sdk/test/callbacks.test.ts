import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { Code, createClient as createConnectClient, type Interceptor } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { createAmeideClient } from "../src/client.js";
import { connectError, scriptedClient } from "./harness/scripted_client.js";
import { scriptedStreams, STALL } from "./harness/scripted_stream.js";
import { failureOf, GOOD, scripted, unavailable } from "./harness/scripted_call.js";
import { type AmeideOptions, call, createClient } from "../src/index.js";
import { withTestRuntime } from "../src/testing.js";

const nobodyTook: unknown[] = [];
process.on("unhandledRejection", (reason) => nobodyTook.push(reason));

// Whatever was rejected by now has been told of after that.
const settled = () => new Promise((resolve) => setTimeout(resolve, 10));

const boom = new Error("boom");
// The linter knows the name.
const THEN = ["th", "en"].join("");
const thenable = (then: PropertyDescriptor) => Object.defineProperty({}, THEN, then);
const throwing = () => {
  throw boom;
};
const throwingThenable = thenable({ value: throwing });
const badGetter = thenable({ get: throwing });

describe("an observer", () => {
  it.each<[string, () => unknown]>([
    ["gives a thenable that throws", () => throwingThenable],
    ["gives what cannot be asked whether it is one", () => badGetter],
    ["gives a thenable that never settles", () => thenable({ value: () => {} })],
    ["is async and fails later", async () => settled().then(() => Promise.reject(boom))],
  ])("that %s breaks nothing", async (_, observer) => {
    const options = { observer } as AmeideOptions;
    const { client, requests } = scripted({ answers: [unavailable(), GOOD], options });
    await client.threads.getThread({ threadId: "t" });
    await settled();
    await settled();
    expect([requests.length, nobodyTook]).toEqual([2, []]);
  });

  it("is told of one event before the next, also by one who ends the call", async () => {
    const controller = new AbortController();
    const told: string[] = [];
    const note = (who: string) => (type: string) => void told.push(`${who} ${type}`);
    const logger = (message: string) => {
      note("log")(message.replace("ameide ", ""));
      if (message.endsWith("failed")) {
        controller.abort();
      }
    };
    const { client } = scripted({
      answers: [unavailable(), GOOD],
      options: {
        logLevel: "debug",
        logger: { error: logger, warn: logger, info: logger, debug: logger },
        observer: ({ type }) => note("observer")(type),
      },
    });
    const { signal } = controller;
    expect((await failureOf(client.threads.getThread({}, { signal }))).stopReason).toBe("canceled");
    expect(told).toEqual([
      "log attempt started",
      "observer attempt_started",
      "log attempt failed",
      "observer attempt_failed",
      "log done",
      "observer done",
    ]);
  });
});

describe("telemetry", () => {
  it.each<[string, () => unknown]>([
    ["throws", throwing],
    ["rejects", () => Promise.reject(boom)],
    ["gives what is no sink", () => 5],
    ["gives a sink that throws", () => ({ inject: throwing, peer: throwing, event: throwing })],
    [
      "sets headers that cannot be sent",
      () => ({
        inject(set: (name: string, value: string) => void) {
          set("traceparent", "a\r\nb");
          set("not a name", "x");
        },
        event() {},
      }),
    ],
  ])("that %s breaks nothing", async (_, begin) => {
    const options = { telemetry: { begin } } as AmeideOptions;
    const { client, requests } = scripted({ answers: [unavailable(), GOOD], options });
    await client.threads.getThread({ threadId: "t" });
    await settled();
    expect([requests.length, nobodyTook]).toEqual([2, []]);
  });
});

describe("randomness of a test that is none", () => {
  it.each<[string, Parameters<typeof withTestRuntime>[1]["random"]]>([
    ["backoff", { backoff: () => Number.NaN }],
    ["backoff", { backoff: () => 1 }],
    ["bytes", { bytes: () => new Uint8Array(3) }],
  ])("%s is named", async (name, random) => {
    const { client: transport } = scriptedClient(unavailable());
    const base = { baseUrl: "https://api.test", transport, tenant: "acme" };
    const options = withTestRuntime(base, { random: random ?? {} });
    const error = await failureOf(createAmeideClient(options).threads.getThread({}));
    expect([error.reason, error.message]).toEqual([
      "CONFIG_INVALID",
      expect.stringContaining(`random.${name}`),
    ]);
  });
});

describe("a logger that fails when a client is made", () => {
  it.each([
    [
      "throws",
      () => {
        throw boom;
      },
    ],
    ["rejects", () => Promise.reject(boom)],
  ])("and %s breaks nothing", async (_, warn) => {
    const silent = () => {};
    const logger = { error: silent, warn: warn as () => void, info: silent, debug: silent };
    vi.stubEnv("AMEIDE_SDK_RETRIES", "off");
    scripted({ answers: [GOOD], options: { logger } });
    vi.unstubAllEnvs();
    await settled();
    expect(nobodyTook).toEqual([]);
  });
});

describe("what is thrown", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["an object without a prototype", Object.create(null)],
    ["a symbol", Symbol("s")],
    [
      "what has no string form",
      {
        toString: () => {
          throw boom;
        },
      },
    ],
  ])("by an interceptor may be %s", async (_, thrown) => {
    const interceptors = [
      () => () => {
        throw thrown;
      },
    ];
    const { client, requests } = scripted({ answers: [GOOD], options: { interceptors } });
    const error = await failureOf(client.threads.getThread({}));
    expect([error.origin, error.stopReason, requests.length]).toEqual([
      "client",
      "not_retryable",
      0,
    ]);
  });

  it("by an interceptor whose request goes on ends no process", async () => {
    const unhandled = vi.fn<() => void>();
    process.on("unhandledRejection", unhandled);
    const interceptors: Interceptor[] = [
      (next) => (request) => next(request),
      (next) => async (request) => {
        void next(request);
        await turn();
        throw boom;
      },
    ];
    const { client } = scripted({
      answers: [unavailable()],
      options: { interceptors, retry: false },
    });
    await failureOf(client.threads.getThread({}));
    await turn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["no answer", { header: undefined }],
  ])("or %s be answered", async (_, answer) => {
    const interceptors = [() => () => Promise.resolve(answer as never)];
    const { client } = scripted({ answers: [GOOD], options: { interceptors, noDeadline: true } });
    expect((await failureOf(client.threads.getThread({}))).origin).toBe("client");
    const stream = client.threads.watchThread({ threadId: "t" });
    expect((await failureOf(stream[Symbol.asyncIterator]().next())).origin).toBe("client");
  });

  it("by an ambient deadline may be a promise that rejects", async () => {
    const deadlineFrom = { timeoutMs: () => Promise.reject(boom) as never };
    const { client, requests } = scripted({ answers: [GOOD], options: { deadlineFrom } });
    expect((await failureOf(client.threads.getThread({}))).reason).toBe("CONFIG_INVALID");
    await settled();
    expect([requests.length, nobodyTook]).toEqual([0, []]);
  });
});

describe("a stream nobody reads", () => {
  const denied = connectError("permission_denied", 403);

  it.each([
    ["Connect's", createConnectClient],
    ["our", createClient],
  ] as const)(
    "of %s createClient ends no process, and is told when it is read",
    async (_, create) => {
      const { client } = scripted({ answers: [denied] });
      const messages = create(ThreadsService, client.transport).watchThread({ threadId: "t" });
      await settled();
      expect(nobodyTook).toEqual([]);
      const error = await failureOf(messages[Symbol.asyncIterator]().next());
      expect([error.code, error.origin]).toEqual([Code.PermissionDenied, "server"]);
    },
  );

  it("nor one that is refused, or whose client is closed", async () => {
    const { client } = scripted({ answers: [denied] });
    const threads = createConnectClient(ThreadsService, client.transport);
    void threads.watchThread({ threadId: "t" }, call({ timeoutMs: -1 }));
    client.close();
    void threads.watchThread({ threadId: "t" });
    await settled();
    expect(nobodyTook).toEqual([]);
  });

  it("or whose onHeader throws is left", async () => {
    const { streams, requests } = scriptedStreams([{ pieces: ["one", STALL] }]);
    const messages = streams.count({}, { onHeader: throwing })[Symbol.asyncIterator]();
    await expect(messages.next()).rejects.toThrow("boom");
    await settled();
    expect([requests[0]?.aborted, nobodyTook]).toEqual([true, []]);
  });

  it("or whose onHeader rejects goes on", async () => {
    const { streams } = scriptedStreams([{ pieces: ["one", STALL] }]);
    const onHeader = () => Promise.reject(boom) as unknown as void;
    const messages = streams.count({}, { onHeader })[Symbol.asyncIterator]();
    expect((await messages.next()).done).toBe(false);
    await settled();
    expect(nobodyTook).toEqual([]);
  });
});

describe("a stream's input", () => {
  it("that cannot be ended breaks nothing", async () => {
    const { client } = scripted({ answers: [GOOD] });
    const transport = client.transport;
    const method = { ...ThreadsService.method.watchThread, methodKind: "bidi_streaming" } as never;
    const input = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(boom),
        throw: () => {
          throw boom;
        },
        return: () => throwingThenable as never,
      }),
    };
    const response = transport.stream(method, undefined, undefined, undefined, input);
    await response.catch(() => {});
    await settled();
    expect(nobodyTook).toEqual([]);
  });
});

describe("one signal for many calls", () => {
  it("is no leak to Node, and is left alone when they end", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on("warning", note);
    const { client } = scripted({ answers: [GOOD] });
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    await Promise.all(
      Array.from({ length: 100 }, () => client.threads.getThread({ threadId: "t" }, { signal })),
    );
    await settled();
    process.off("warning", note);
    expect([listeners, warnings]).toEqual([1, []]);
  });
});

describe("the stack of an error names the caller", () => {
  const later = async () => {
    await once(setTimeoutTarget(), "now");
    throw boom;
  };
  it.each<[string, AmeideOptions]>([
    ["at once", { retry: false }],
    ["after a retry", {}],
    ["with interceptors", { interceptors: [(next) => (request) => next(request)] }],
    ["where a token was waited for", { auth: { provider: later } }],
  ])("%s", async (_, options) => {
    const { client } = scripted({ answers: [unavailable()], options });
    async function theCaller() {
      await client.threads.getThread({ threadId: "t" });
    }
    async function theReader() {
      for await (const event of client.threads.watchThread({ threadId: "t" })) {
        void event;
      }
    }
    async function theLateReader() {
      const messages = client.threads.watchThread({ threadId: "t" });
      await settled();
      for await (const event of messages) {
        void event;
      }
    }
    for (const each of [theCaller, theReader, theLateReader]) {
      expect((await failureOf(each())).stack).toContain(`${each.name} (`);
    }
  });
});

function setTimeoutTarget(): EventTarget {
  const target = new EventTarget();
  setTimeout(() => target.dispatchEvent(new Event("now")), 1);
  return target;
}
