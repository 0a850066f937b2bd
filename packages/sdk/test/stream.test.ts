import { describe, expect, it } from "vitest";
import { settled } from "./harness/scripted_threads.js";
import { END, scriptedStreams, STALL } from "./harness/scripted_stream.js";
import type { AmeideError } from "../src/index.js";

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

describe("a stream", () => {
  it("who leaves before reading anything ends it, too", async () => {
    const { streams, requests, clock } = scriptedStreams([{ pieces: ["one", STALL] }]);
    const messages = streams.count({ text: "x" })[Symbol.asyncIterator]();
    expect(await messages.return?.()).toMatchObject({ done: true });
    await settled();
    expect([requests[0]?.aborted, clock.pending]).toEqual([true, 0]);
    expect(await messages.next()).toMatchObject({ done: true });
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
