import { Code, ConnectError } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  type AnswerEnd,
  type AnswerForm,
  AnswerMessages,
} from "../../src/protocol/answer_messages.js";
import { envelope } from "../harness/wire_forms.js";

const END = 0b10;
const MAX = 1000;

const codec = {
  write: () => new Uint8Array(),
  read: (bytes: Uint8Array): Message => fromBinary(StringValueSchema, bytes),
};

const bytesOf = (value: string) =>
  toBinary(StringValueSchema, create(StringValueSchema, { value }));
const message = (value: string) => envelope(0, bytesOf(value));

interface Seen {
  ends: number;
  checks: number;
  left: number;
}

// Messages of chunks, after which the body breaks off, if there is a reason.
function messagesOf(
  chunks: readonly Uint8Array[],
  { compression, ...changes }: Partial<AnswerEnd & Pick<AnswerForm, "compression">> = {},
  reason?: Error,
) {
  const seen: Seen = { ends: 0, checks: 0, left: 0 };
  const rest = [...chunks];
  const body = {
    [Symbol.asyncIterator]: () => ({
      // A turn later each, as chunks come.
      next: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        const value = rest.shift();
        if (value === undefined && reason !== undefined) {
          throw reason;
        }
        return value === undefined
          ? { done: true as const, value: undefined }
          : { done: false as const, value };
      },
      return: async () => {
        seen.left++;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const end: AnswerEnd = {
    endFlag: END,
    readEnd: () => void seen.ends++,
    lacksStatus: () => seen.ends === 0,
    check: () => void seen.checks++,
    ...changes,
  };
  const form = { compression, readMaxBytes: MAX, end };
  const record = {
    cutShort: false,
    broken: undefined as unknown,
    brokeOff: (why: unknown) => void (record.broken = why),
  };
  return { messages: new AnswerMessages(body, codec, form, record), seen, record };
}

async function textsOf(messages: AnswerMessages): Promise<string[]> {
  const texts: string[] = [];
  for await (const each of messages) {
    texts.push((each as StringValue).value);
  }
  return texts;
}

describe("AnswerMessages", () => {
  it.each([
    ["a chunk each", [message("a"), message("b"), envelope(END, new Uint8Array())]],
    ["one chunk", [Buffer.concat([message("a"), message("b"), envelope(END, new Uint8Array())])]],
  ])("reads messages and the end, %s", async (_name, chunks) => {
    const { messages, seen } = messagesOf(chunks);
    expect(await textsOf(messages)).toEqual(["a", "b"]);
    expect(seen).toEqual({ ends: 1, checks: 1, left: 0 });
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  it("answers requests made meanwhile in order", async () => {
    const { messages } = messagesOf([message("a"), message("b"), message("c")]);
    const asked = Array.from({ length: 5 }, () => messages.next());
    const results = await Promise.all(asked);
    expect(results.map(({ value }) => (value as StringValue | undefined)?.value)).toEqual([
      "a",
      "b",
      "c",
      undefined,
      undefined,
    ]);
  });

  it("reads the only message of a unary answer, to the end of the body", async () => {
    const packed = envelope(1, gzipSync(bytesOf("a".repeat(50))));
    for (const chunks of [[packed], [message("a".repeat(50))], [...message("a".repeat(50))]]) {
      const bytes = chunks.map((each) => (typeof each === "number" ? Uint8Array.of(each) : each));
      const { messages, seen } = messagesOf(bytes, { compression: compressionGzip });
      expect(await messages.only()).toMatchObject({ value: "a".repeat(50) });
      expect(seen).toEqual({ ends: 0, checks: 1, left: 0 });
    }
  });

  it("tells of a unary answer without a message, and refuses one with two", async () => {
    const none = messagesOf([envelope(END, new Uint8Array())]);
    expect(await none.messages.only()).toBeUndefined();
    expect(none.seen).toEqual({ ends: 1, checks: 1, left: 0 });
    for (const chunks of [
      [message("a"), message("b")],
      [new Uint8Array([...message("a"), ...message("b")])],
    ]) {
      const { messages, seen } = messagesOf(chunks);
      await expect(messages.only()).rejects.toMatchObject({ code: Code.Unimplemented });
      expect(seen.left).toBe(1);
    }
  });

  it("reads compressed messages", async () => {
    const packed = envelope(1, gzipSync(bytesOf("long".repeat(50))));
    const { messages } = messagesOf([packed, message("b")], { compression: compressionGzip });
    expect(await textsOf(messages)).toEqual(["long".repeat(50), "b"]);
  });

  it.each([
    [
      "a message after the end",
      [envelope(END, new Uint8Array()), message("a")],
      {},
      Code.InvalidArgument,
    ],
    [
      "a second end",
      [envelope(END, new Uint8Array()), envelope(END, new Uint8Array())],
      {},
      Code.InvalidArgument,
    ],
    ["a body that stops early", [message("abc").subarray(0, 6)], {}, Code.InvalidArgument],
    ["compression that nobody named", [envelope(1, gzipSync(bytesOf("a")))], {}, Code.Internal],
    [
      "bytes that are not compressed",
      [envelope(1, bytesOf("a"))],
      { compression: compressionGzip },
      Code.InvalidArgument,
    ],
    [
      "a bomb",
      [envelope(1, gzipSync(bytesOf("a".repeat(2 * MAX))))],
      { compression: compressionGzip },
      Code.ResourceExhausted,
    ],
    ["a message that is too large", [message("a".repeat(2 * MAX))], {}, Code.ResourceExhausted],
  ] as const)("refuses %s, once, and leaves the rest", async (_name, chunks, changes, code) => {
    const { messages, seen } = messagesOf(chunks, changes);
    const error = await textsOf(messages).catch((reason: unknown) => reason);
    expect([(error as ConnectError).code, seen.left]).toEqual([code, 1]);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  it.each([
    ["after its end", [message("a"), envelope(END, new Uint8Array())], {}, false],
    ["before its end", [message("a")], {}, true],
    [
      "in an envelope",
      [message("abc").subarray(0, 6)],
      { endFlag: 0, lacksStatus: (): boolean => false },
      true,
    ],
    [
      "with a status beside it",
      [message("a")],
      { endFlag: 0, lacksStatus: (): boolean => false },
      false,
    ],
  ] as const)(
    "records whether a body was cut short: %s",
    async (_name, chunks, changes, cutShort) => {
      const { messages, record } = messagesOf(chunks, changes);
      await textsOf(messages).catch(() => {});
      expect(record).toMatchObject({ cutShort, broken: undefined });
    },
  );

  it("records why a body broke off", async () => {
    const reason = new Error("reset");
    const { messages, record } = messagesOf([message("a")], {}, reason);
    await expect(textsOf(messages)).rejects.toThrow("reset");
    expect(record).toMatchObject({ cutShort: false, broken: reason });
  });

  it("ends with what the check throws", async () => {
    const { messages } = messagesOf([message("a")], {
      check() {
        throw new ConnectError("no end", Code.DataLoss);
      },
    });
    await expect(textsOf(messages)).rejects.toThrow("no end");
  });
});
