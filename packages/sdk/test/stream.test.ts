import { describe, expect, it } from "vitest";
import { nodeError } from "./harness/scripted_client.js";
import { settled } from "./harness/scripted_threads.js";
import {
  END,
  envelope,
  failing,
  scriptedStreams,
  STALL,
  type StreamAnswer,
} from "./harness/scripted_stream.js";
import { type AmeideError, call } from "../src/index.js";

const one: StreamAnswer = { pieces: ["one", END] };

async function* texts(...values: readonly string[]): AsyncGenerator<{ text: string }> {
  for (const text of values) {
    yield { text };
  }
}

// The messages that came, and the error after them.
async function outcome(messages: AsyncIterable<{ text: string }>) {
  const got: string[] = [];
  try {
    for await (const { text } of messages) {
      got.push(text);
    }
    return { got, error: undefined };
  } catch (reason) {
    return { got, error: reason as AmeideError };
  }
}

describe("until the first message is there", () => {
  it.each<[string, StreamAnswer]>([
    ["an answer of a proxy", { status: 503, headers: { "content-type": "text/html" }, pieces: [] }],
    ["an error at the end of a stream without messages", { pieces: [failing("unavailable")] }],
    ["a lost connection", { pieces: [{ breaks: nodeError("ECONNRESET") }] }],
    ["a stream that is over too early", { pieces: [] }],
    [
      "half an envelope",
      { pieces: [{ bytes: envelope(0, Uint8Array.of(1, 2, 3)).subarray(0, 7) }] },
    ],
  ])("%s is repeated", async (_name, first) => {
    const { streams, requests, clock } = scriptedStreams([first, one]);
    expect(await outcome(streams.count({ text: "x" }))).toEqual({ got: ["one"], error: undefined });
    expect(requests.map(({ headers }) => headers.get("grpc-previous-rpc-attempts"))).toEqual([
      null,
      "1",
    ]);
    expect(requests[1]?.body).toEqual(requests[0]?.body);
    expect(clock.sleeps).toEqual([25]);
  });

  it("what the end of a stream says of waiting is obeyed", async () => {
    const end = failing("unavailable", { "grpc-retry-pushback-ms": ["700"] });
    const { streams, clock } = scriptedStreams([{ pieces: [end] }, one]);
    expect(await outcome(streams.count({ text: "x" }))).toMatchObject({ got: ["one"] });
    expect(clock.sleeps).toEqual([700]);
  });

  it("a stream that declares nothing is not", async () => {
    const { streams, requests } = scriptedStreams([{ pieces: [failing("unavailable")] }]);
    const { error } = await outcome(streams.countOnce({ text: "x" }));
    expect(error).toMatchObject({
      stopReason: "not_idempotent",
      committed: false,
      origin: "server",
    });
    expect(requests).toHaveLength(1);
  });

  it("a wrong answer is not", async () => {
    const { streams } = scriptedStreams([{ headers: { "content-type": "text/html" }, pieces: [] }]);
    const { error } = await outcome(streams.count({ text: "x" }));
    expect(error).toMatchObject({ stopReason: "not_retryable", origin: "client", httpStatus: 200 });
  });

  it("30 s are what an attempt has for it, and the server is not told", async () => {
    const { streams, requests, clock } = scriptedStreams([{ pieces: [STALL] }, one]);
    const ended = outcome(streams.count({ text: "x" }));
    await settled();
    await clock.advance(29_999);
    expect(requests).toHaveLength(1);
    await clock.advance(1);
    expect(await ended).toEqual({ got: ["one"], error: undefined });
    expect(requests.map(({ headers }) => headers.get("connect-timeout-ms"))).toEqual([null, null]);
    expect(requests[0]?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("the headers shown are those of the attempt that has it", async () => {
    const { streams } = scriptedStreams([
      { headers: { "x-from": "first" }, pieces: [failing("unavailable")] },
      { headers: { "x-from": "second" }, pieces: ["one", END] },
    ]);
    const from: (string | null)[] = [];
    await outcome(
      streams.count({ text: "x" }, { onHeader: (header) => void from.push(header.get("x-from")) }),
    );
    expect(from).toEqual(["second"]);
  });
});

describe("after it", () => {
  it.each<[string, StreamAnswer, string]>([
    ["an error of the server", { pieces: ["one", failing("unavailable")] }, "unavailable"],
    ["a lost connection", { pieces: ["one", { breaks: nodeError("ECONNRESET") }] }, "unavailable"],
    ["a stream that is over too early", { pieces: ["one"] }, "internal"],
  ])("%s is told, and that messages had come", async (_name, answer, code) => {
    const { streams, requests, clock } = scriptedStreams([answer]);
    const { got, error } = await outcome(streams.count({ text: "x" }));
    expect(got).toEqual(["one"]);
    expect(error).toMatchObject({ committed: true, stopReason: "committed" });
    expect(error?.message).toContain(`[${code}]`);
    expect([requests.length, clock.pending]).toEqual([1, 0]);
  });

  it("60 s without another message end it", async () => {
    const { streams, clock } = scriptedStreams([{ pieces: ["one", STALL] }]);
    const ended = outcome(streams.count({ text: "x" }));
    await settled();
    await clock.advance(59_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    const { got, error } = await ended;
    expect(got).toEqual(["one"]);
    expect(error?.committed).toBe(true);
    expect(error?.rawMessage).toMatch(/^no further message came in 60000 ms /);
  });

  it("but not while the application is busy", async () => {
    const { streams, clock } = scriptedStreams([{ pieces: ["one", "two", END] }]);
    const messages = streams.count({ text: "x" })[Symbol.asyncIterator]();
    expect(await messages.next()).toMatchObject({ value: { text: "one" } });
    await clock.advance(3_600_000);
    expect(await messages.next()).toMatchObject({ value: { text: "two" } });
    expect(await messages.next()).toMatchObject({ done: true });
    expect(clock.pending).toBe(0);
  });

  it("a deadline that is stated covers the whole stream, and is on the wire", async () => {
    const { streams, requests, clock } = scriptedStreams([{ pieces: ["one", STALL] }]);
    const ended = outcome(streams.count({ text: "x" }, call({ timeoutMs: 5_000 })));
    await settled();
    await clock.advance(5_000);
    const { got, error } = await ended;
    expect(got).toEqual(["one"]);
    expect(error).toMatchObject({ committed: true, stopReason: "deadline", origin: "client" });
    expect(requests[0]?.headers.get("connect-timeout-ms")).toBe("5000");
  });

  it("who leaves ends it, well", async () => {
    const { streams, requests, clock, events } = scriptedStreams([{ pieces: ["one", STALL] }]);
    for await (const { text } of streams.count({ text: "x" })) {
      expect(text).toBe("one");
      break;
    }
    expect(requests[0]?.aborted).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "done", code: undefined, attempts: 1 });
    expect(clock.pending).toBe(0);
  });

  it("who leaves before reading anything ends it, too", async () => {
    const { streams, requests, clock } = scriptedStreams([{ pieces: ["one", STALL] }]);
    const messages = streams.count({ text: "x" })[Symbol.asyncIterator]();
    expect(await messages.return?.()).toMatchObject({ done: true });
    await settled();
    expect([requests[0]?.aborted, clock.pending]).toEqual([true, 0]);
    expect(await messages.next()).toMatchObject({ done: true });
  });

  it("a stream that nobody reads fails quietly", async () => {
    const { streams, events } = scriptedStreams([{ pieces: [failing("not_found")] }]);
    streams.count({ text: "x" });
    await settled();
    expect(events.at(-1)).toMatchObject({ type: "done", code: "not_found" });
  });

  it("who cancels gets the cause", async () => {
    const { streams, requests } = scriptedStreams([{ pieces: ["one", STALL] }]);
    const controller = new AbortController();
    const reason = new Error("enough");
    const ended = outcome(streams.count({ text: "x" }, { signal: controller.signal }));
    await settled();
    controller.abort(reason);
    expect((await ended).error).toMatchObject({
      cause: reason,
      stopReason: "canceled",
      committed: true,
    });
    expect(requests[0]?.aborted).toBe(true);
  });
});

describe("messages of the caller", () => {
  const done: StreamAnswer = { pieces: ["done", END] };

  it("go out once, although the first connection was refused", async () => {
    const { streams, requests, clock } = scriptedStreams([{ refused: true }, done]);
    const left: string[] = [];
    async function* messages() {
      try {
        yield* texts("a", "b");
      } finally {
        left.push("input");
      }
    }
    expect((await streams.join(messages())).text).toBe("done");
    expect(requests.map(({ body }) => body.length)).toEqual([0, 2]);
    expect(requests[1]?.headers.has("grpc-previous-rpc-attempts")).toBe(false);
    expect([clock.sleeps, left]).toEqual([[], ["input"]]);
  });

  it.each<[string, StreamAnswer]>([
    ["an error of the server", { pieces: [failing("unavailable")] }],
    ["a lost connection", { pieces: [{ breaks: nodeError("ECONNRESET") }] }],
  ])("are gone once they were taken: %s", async (_name, answer) => {
    const { streams, requests } = scriptedStreams([answer]);
    await expect(streams.join(texts("a"))).rejects.toMatchObject({
      stopReason: "not_idempotent",
      committed: false,
      explanation: expect.stringContaining("streams its request") as string,
    });
    expect(requests).toHaveLength(1);
  });

  it("an error of the caller's own is the caller's", async () => {
    const { streams, requests } = scriptedStreams([done]);
    async function* broken(): AsyncGenerator<{ text: string }> {
      yield { text: "a" };
      throw new Error("mine");
    }
    await expect(streams.join(broken())).rejects.toMatchObject({
      origin: "client",
      stopReason: "not_retryable",
      rawMessage: "mine",
    });
    expect(requests[0]?.aborted).toBe(true);
  });

  it("are no longer asked for once the call has failed", async () => {
    const { streams } = scriptedStreams([
      { refused: true },
      { refused: true },
      { refused: true },
      { refused: true },
    ]);
    let ended = false;
    const messages: AsyncIterable<{ text: string }> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          ended = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    await expect(streams.join(messages)).rejects.toMatchObject({ stopReason: "attempts" });
    expect(ended).toBe(true);
  });

  it("of a bidi stream: headers are shown before there is a message", async () => {
    const { streams, clock } = scriptedStreams([{ headers: { "x-head": "h" }, pieces: [STALL] }]);
    let head: string | null = null;
    const ended = outcome(
      streams.talk(texts("a"), {
        onHeader: (header) => void (head = header.get("x-head")),
        timeoutMs: 90_000,
      }),
    );
    await settled();
    expect(head).toBe("h");
    await clock.advance(90_000);
    expect((await ended).error).toMatchObject({ stopReason: "deadline", committed: false });
  });
});

it("a stream is asked for in advance: messages come in order, then the end", async () => {
  const { streams } = scriptedStreams([{ pieces: ["one", "two", END] }]);
  const messages = streams.count({ text: "x" })[Symbol.asyncIterator]();
  const asked = await Promise.all([
    messages.next(),
    messages.next(),
    messages.next(),
    messages.next(),
  ]);
  expect(asked.map((each) => (each.value as { text: string } | undefined)?.text)).toEqual([
    "one",
    "two",
    undefined,
    undefined,
  ]);
});

it("a token that is refused is renewed, and the stream asked for again", async () => {
  let tokens = 0;
  const { streams, requests } = scriptedStreams([{ pieces: [failing("unauthenticated")] }, one], {
    auth: { provider: () => ({ token: `t${++tokens}` }) },
  });
  expect(await outcome(streams.count({ text: "x" }))).toMatchObject({ got: ["one"] });
  expect(requests.map(({ headers }) => headers.get("authorization"))).toEqual([
    "Bearer t1",
    "Bearer t2",
  ]);
});

it("an answer for another tenant ends the stream", async () => {
  const { streams, requests } = scriptedStreams(
    [{ headers: { "x-tenant-id": "other" }, pieces: ["one", STALL] }],
    { tenant: "acme" },
  );
  expect((await outcome(streams.count({ text: "x" }))).error).toMatchObject({
    reason: "TENANT_MISMATCH",
  });
  expect(requests[0]?.aborted).toBe(true);
});
