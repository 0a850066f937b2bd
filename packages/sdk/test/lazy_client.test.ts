import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { Code } from "@connectrpc/connect";
import type { Thread } from "@ameideio/core-proto/ameide/threads/v1";
import { roster } from "@ameideio/core-proto/roster";
import { createStore, routes } from "@ameideio/reference-server";
import { createAmeideClient } from "../src/client.js";
import { END, scriptedStreams, STALL, type StreamAnswer } from "./harness/scripted_stream.js";
import { errorOf, settled, thrownBy } from "./harness/scripted_threads.js";
import { Streams } from "./harness/stream_service.js";
import { type AmeideOptions, paginate } from "../src/index.js";
import { createRosterClient, type LazyService } from "../src/roster.js";
import { createMemoryHttpClient } from "../src/testing.js";

const one: StreamAnswer = { headers: { "x-head": "h" }, pieces: ["one", "two", END] };
const echoed: StreamAnswer = {
  headers: { "content-type": "application/proto", "x-head": "h" },
  pieces: [{ bytes: Uint8Array.of(10, 2, 104, 105) }],
};
const answered: StreamAnswer = { headers: { "x-head": "h" }, pieces: ["hi", END] };
const stalling: StreamAnswer = { pieces: ["one", STALL] };
const baseUrl = "https://api.test";

// A lazy service whose stub comes when the test says so.
function held() {
  const waiting: { resolve: () => void; reject: (reason: Error) => void }[] = [];
  const service: LazyService<typeof Streams> = {
    methods: {
      echo: "unary",
      count: "server_streaming",
      countOnce: "server_streaming",
      join: "client_streaming",
      talk: "bidi_streaming",
    },
    load: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve: () => resolve({ service: Streams }), reject });
      }),
  };
  let loads = 0;
  const settle = (how: (each: (typeof waiting)[number]) => void) => {
    loads += waiting.length;
    waiting.splice(0).forEach(how);
    return settled();
  };
  return {
    service,
    comes: () => settle(({ resolve }) => resolve()),
    fails: () => settle(({ reject }) => reject(new Error("chunk 7 is missing"))),
    get loads() {
      return loads + waiting.length;
    },
  };
}

function lazyStreams(answers: readonly StreamAnswer[], options: AmeideOptions = {}) {
  const scripted = scriptedStreams(answers, options);
  const stub = held();
  const client = createRosterClient({ streams: stub.service }, scripted.options);
  return { ...scripted, client, streams: client.streams, stub };
}

async function* texts(...values: readonly string[]): AsyncGenerator<{ text: string }> {
  for (const text of values) {
    yield { text };
  }
}

async function allOf(messages: AsyncIterable<{ text: string }>): Promise<string[]> {
  const all: string[] = [];
  for await (const { text } of messages) {
    all.push(text);
  }
  return all;
}

describe("a lazy service", () => {
  it("has its methods before it is loaded, and loads at the first call", async () => {
    const { streams, stub, requests } = lazyStreams([echoed]);
    expect(Object.keys(streams)).toEqual(["echo", "count", "countOnce", "join", "talk"]);
    expect(stub.loads).toBe(0);
    const answer = streams.echo({ text: "hi" });
    await settled();
    expect([stub.loads, requests.length]).toEqual([1, 0]);
    await stub.comes();
    expect((await answer).text).toBe("hi");
  });

  it("is loaded once for a client, those derived of it, and others", async () => {
    const { client, options, stub } = lazyStreams([echoed, echoed, echoed, echoed, echoed]);
    const first = client.streams.echo({});
    await stub.comes();
    await first;
    const other = createRosterClient({ streams: stub.service }, options);
    for (const each of [client, client.withTenant("other"), client.with({ timeoutMs: 5 }), other]) {
      expect((await each.streams.echo({})).text).toBe("hi");
    }
    expect(stub.loads).toBe(1);
  });

  it("once loaded, a call takes not one turn longer than without a roster", async () => {
    const { client, streams: rostered, requests, stub } = lazyStreams([echoed]);
    const loading = client.load();
    await stub.comes();
    await loading;
    const direct = scriptedStreams([echoed]);
    const turns = async (begin: () => unknown, seen: readonly unknown[]) => {
      begin();
      let count = 0;
      for (; seen.length === 0; count++) {
        await Promise.resolve();
      }
      return count;
    };
    const expected = await turns(() => direct.streams.echo({}), direct.requests);
    expect(await turns(() => rostered.echo({}), requests)).toBe(expected);
  });

  it("methods taken from the client before it was loaded stay good", async () => {
    const { streams, stub } = lazyStreams([echoed, one, echoed]);
    const { echo, count } = streams;
    const first = echo({});
    await stub.comes();
    await first;
    expect(await allOf(count({}))).toEqual(["one", "two"]);
    expect((await echo({})).text).toBe("hi");
    expect(streams.echo).toBe(echo);
  });
});

describe("a first call", () => {
  it.each(["echo", "count", "join", "talk"] as const)(
    "of %s gets its input and its options",
    async (method) => {
      const answers = { echo: echoed, count: one, join: answered, talk: one };
      const { streams, stub, requests } = lazyStreams([answers[method]]);
      const seen: (string | null)[] = [];
      const options = {
        headers: { "x-sent": "s" },
        onHeader: (header: Headers) => void seen.push(header.get("x-head")),
        onTrailer: () => void seen.push("trailer"),
      };
      const outcome = {
        echo: async () => [(await streams.echo({ text: "in" }, options)).text],
        count: () => allOf(streams.count({ text: "in" }, options)),
        join: async () => [(await streams.join(texts("in", "put"), options)).text],
        talk: () => allOf(streams.talk(texts("in", "put"), options)),
      }[method]();
      await stub.comes();
      const single = method === "echo" || method === "join";
      expect(await outcome).toEqual(single ? ["hi"] : ["one", "two"]);
      expect(seen).toEqual(["h", "trailer"]);
      expect(requests[0]?.headers.get("x-sent")).toBe("s");
      const sent = Buffer.concat(requests[0]?.body ?? []).toString();
      const streamed = method === "join" || method === "talk";
      expect([sent.includes("in"), sent.includes("put")]).toEqual([true, streamed]);
    },
  );

  it("begins when the stub is there: its timeout does not cover the loading", async () => {
    const { streams, stub, clock, requests } = lazyStreams([echoed]);
    const answer = streams.echo({}, { timeoutMs: 500 });
    await clock.advance(10_000);
    expect(clock.timers).toEqual([]);
    await stub.comes();
    await answer;
    expect(requests[0]?.headers.get("connect-timeout-ms")).toBe("500");
  });

  it("keeps its async context, also where several wait for one stub", async () => {
    const storage = new AsyncLocalStorage<string>();
    const contexts: (string | undefined)[] = [];
    const { streams, stub } = lazyStreams([echoed, one], {
      interceptors: [
        (next) => (request) => {
          contexts.push(storage.getStore());
          return next(request);
        },
      ],
    });
    const a = storage.run("a", () => streams.echo({}));
    const b = storage.run("b", () => streams.count({}));
    await stub.comes();
    await a;
    expect(await allOf(b)).toEqual(["one", "two"]);
    expect(contexts).toEqual(["a", "b"]);
  });

  it.each(["before", "while it waits"])("canceled %s: nothing is sent", async (when) => {
    const { streams, stub, requests } = lazyStreams([]);
    const controller = new AbortController();
    const reason = new Error("enough");
    if (when === "before") {
      controller.abort(reason);
    }
    const unary = errorOf(streams.echo({}, { signal: controller.signal }));
    const stream = errorOf(allOf(streams.count({}, { signal: controller.signal })));
    if (when === "before") {
      await stub.comes();
    } else {
      controller.abort(reason);
    }
    for (const error of await Promise.all([unary, stream])) {
      const said = { code: Code.Canceled, rawMessage: "the call was canceled", cause: reason };
      expect(error).toMatchObject({ ...said, origin: "client", stopReason: "canceled" });
    }
    await stub.comes();
    expect(requests).toEqual([]);
  });

  it("whose signal is that of a timeout has missed its deadline", async () => {
    const { streams } = lazyStreams([]);
    const error = await errorOf(streams.echo({}, { signal: AbortSignal.timeout(1) }));
    expect(error).toMatchObject({ code: Code.DeadlineExceeded, stopReason: "deadline" });
  });

  it("may be that of paginate", async () => {
    const options = { tenant: "acme", transport: createMemoryHttpClient(routes(createStore())) };
    const client = createRosterClient({ threads: { ...roster.threads } }, { baseUrl, ...options });
    const { listThreads, createThread } = client.threads;
    const none: Thread[] = [];
    for await (const each of paginate(listThreads, { pageSize: 1 })) {
      none.push(each);
    }
    expect(none).toEqual([]);
    expect((await createThread({ title: "x" })).thread?.title).toBe("x");
  });
});

describe("a first stream", () => {
  it("begins as soon as the stub is there, not when it is read", async () => {
    const { streams, stub, requests } = lazyStreams([one]);
    const messages = streams.count({});
    await stub.comes();
    expect(requests).toHaveLength(1);
    expect(await allOf(messages)).toEqual(["one", "two"]);
  });

  it("left before that is never opened", async () => {
    const { streams, stub, requests } = lazyStreams([]);
    const messages = streams.count({})[Symbol.asyncIterator]();
    const asked = messages.next();
    expect(await messages.return?.()).toEqual({ done: true, value: undefined });
    await stub.comes();
    expect(await asked).toEqual({ done: true, value: undefined });
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    expect(requests).toEqual([]);
  });

  it("left later is ended at once, whether it was read or not", async () => {
    const { streams, stub, requests } = lazyStreams([stalling, stalling]);
    const unread = streams.count({})[Symbol.asyncIterator]();
    const read = streams.count({});
    await stub.comes();
    for await (const { text } of read) {
      expect(text).toBe("one");
      break;
    }
    await unread.return?.();
    await settled();
    expect(requests.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("is asked for in advance: messages come in order, then the end", async () => {
    const { streams, stub } = lazyStreams([one]);
    const messages = streams.count({})[Symbol.asyncIterator]();
    const asked = Promise.all([messages.next(), messages.next(), messages.next(), messages.next()]);
    await stub.comes();
    expect((await asked).map(({ value }) => (value as { text: string } | undefined)?.text)).toEqual(
      ["one", "two", undefined, undefined],
    );
  });
});

describe("where the stub cannot be loaded", () => {
  it("each call that waits fails, and a later one tries again", async () => {
    const { streams, stub, requests } = lazyStreams([echoed]);
    const unary = errorOf(streams.echo({}));
    const joined = errorOf(streams.join(texts("x")));
    const stream = errorOf(allOf(streams.count({})));
    streams.count({}); // Nobody reads it, and nobody is bothered.
    await stub.fails();
    for (const error of await Promise.all([unary, joined, stream])) {
      expect(error).toMatchObject({
        code: Code.Unavailable,
        rawMessage: "the service streams could not be loaded",
        origin: "client",
        reason: "SERVICE_NOT_LOADED",
        retryable: true,
        cause: new Error("chunk 7 is missing"),
      });
    }
    expect(requests).toEqual([]);
    const later = streams.echo({});
    await stub.comes();
    expect((await later).text).toBe("hi");
  });

  it("a stub that does not come is given up", async () => {
    vi.useFakeTimers();
    const { streams, stub } = lazyStreams([echoed]);
    const failed = errorOf(streams.echo({}));
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    expect(await failed).toMatchObject({
      reason: "SERVICE_NOT_LOADED",
      cause: new Error("it was not there after 30000 ms"),
    });
    const later = streams.echo({});
    await stub.comes();
    expect((await later).text).toBe("hi");
  });

  it("load says so", async () => {
    const { client, stub } = lazyStreams([]);
    const failed = errorOf(client.load("streams"));
    await stub.fails();
    expect(await failed).toMatchObject({ reason: "SERVICE_NOT_LOADED" });
  });
});

describe("load", () => {
  const options = { baseUrl };

  it("loads what is named, or everything; explain lists what is loaded", async () => {
    const [a, b] = [held(), held()];
    const client = createRosterClient({ a: a.service, b: b.service, c: Streams }, options);
    const explained = () => client.explain().length / Streams.methods.length;
    expect(explained()).toBe(1);
    const first = client.load("a", "c");
    await a.comes();
    await first;
    expect([a.loads, b.loads, explained()]).toEqual([1, 0, 2]);
    const all = client.load();
    await b.comes();
    await all;
    expect([a.loads, b.loads, explained()]).toEqual([1, 1, 3]);
    expect(client.explain(Streams.method.echo).method).toBe("acme.v1.Streams/Echo");
  });

  it("loads every service of the roster", async () => {
    const client = createAmeideClient(options);
    await client.load();
    const methods = Object.values(roster).flatMap((service) => Object.keys(service.methods));
    expect(client.explain()).toHaveLength(methods.length);
  });

  it("is a name that no service can have", () => {
    const error = thrownBy(() => createRosterClient({ load: held().service }, options));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID" });
    expect(error.message).toContain("services.load");
  });
});
