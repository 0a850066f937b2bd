import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Envelope, EnvelopeReader } from "../../src/protocol/envelope_reader.js";

const MAX = 64;
const END = 2;

function envelope(flags: number, content: readonly number[], length = content.length): number[] {
  return [
    flags,
    length >>> 24,
    (length >>> 16) & 255,
    (length >>> 8) & 255,
    length & 255,
    ...content,
  ];
}

function readAll(chunks: readonly (readonly number[])[]): [number, number[]][] {
  const reader = new EnvelopeReader(MAX, END);
  const found: [number, number[]][] = [];
  for (const chunk of chunks) {
    reader.add(Uint8Array.from(chunk));
    for (let one = reader.take(); one !== undefined; one = reader.take()) {
      found.push([one.flags, [...one.content]]);
    }
  }
  reader.finish();
  return found;
}

const BODY = [...envelope(0, [1, 2, 3]), ...envelope(1, []), ...envelope(2, [9])];
const FOUND = [
  [0, [1, 2, 3]],
  [1, []],
  [2, [9]],
];

describe("EnvelopeReader", () => {
  it("finds the same envelopes wherever the chunks are cut", () => {
    for (let first = 0; first <= BODY.length; first++) {
      for (let second = first; second <= BODY.length; second++) {
        const chunks = [BODY.slice(0, first), BODY.slice(first, second), BODY.slice(second)];
        expect(readAll(chunks)).toEqual(FOUND);
      }
    }
    expect(readAll(BODY.map((byte) => [byte]))).toEqual(FOUND);
  });

  it("finds nothing in a body without bytes", () => {
    expect(readAll([])).toEqual([]);
    expect(readAll([[], []])).toEqual([]);
  });

  it.each([
    ["in a head", [0, 0, 0]],
    ["before the content", envelope(0, [], 2)],
    ["in the content", envelope(0, [1], 2)],
  ])("refuses a body that stops %s", (_where, bytes) => {
    expect(() => readAll([bytes])).toThrow(
      new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument),
    );
  });

  it.each([4, 3 | 128, 0x40])("refuses flags %i before the content", (flags) => {
    const reader = new EnvelopeReader(MAX, END);
    reader.add(Uint8Array.from(envelope(flags, [], 9)));
    expect(() => reader.take()).toThrow(
      new ConnectError(`protocol error: envelope with flags ${flags}`, Code.Internal),
    );
  });

  it.each([MAX + 1, 2 ** 31, 2 ** 32 - 1])(
    "refuses a length of %i before it has come",
    (length) => {
      const reader = new EnvelopeReader(MAX, END);
      reader.add(Uint8Array.from(envelope(0, [], length)));
      expect(() => reader.take()).toThrow(
        new ConnectError(
          `the message has ${length} bytes or more, and readMaxBytes allows ${MAX}`,
          Code.ResourceExhausted,
        ),
      );
    },
  );

  it("takes memory for what has come, not for what was announced", () => {
    const most = 2 ** 30;
    const readers = Array.from({ length: 64 }, () => new EnvelopeReader(most, END));
    const before = process.memoryUsage().arrayBuffers;
    for (const reader of readers) {
      reader.add(Uint8Array.from(envelope(0, [1, 2, 3], most)));
      expect(reader.take()).toBeUndefined();
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  it("returns bytes of their own, so that a message keeps no chunk alive", () => {
    const reader = new EnvelopeReader(MAX, END);
    const chunk = new Uint8Array(2 ** 16);
    chunk.set(envelope(0, [7]));
    reader.add(chunk);
    const { content } = reader.take() as Envelope;
    expect(content.buffer.byteLength).toBe(1);
    chunk.fill(0);
    expect([...content]).toEqual([7]);
  });

  it("reads a content in pieces with work that grows as its length", () => {
    // A square would be 10^8 bytes copied.
    const length = 2 ** 14;
    const reader = new EnvelopeReader(length, END);
    const set = vi.spyOn(Uint8Array.prototype, "set");
    onTestFinished(() => set.mockRestore());
    reader.add(Uint8Array.from(envelope(0, [], length)));
    expect(reader.take()).toBeUndefined();
    for (let at = 1; at < length; at++) {
      reader.add(Uint8Array.of(1));
      expect(reader.take()).toBeUndefined();
    }
    reader.add(Uint8Array.of(1));
    expect(reader.take()?.content.length).toBe(length);
    const copied = set.mock.calls.reduce((sum, [from]) => sum + from.length, 0);
    expect(copied).toBeLessThan(4 * length);
  });
});
