import { expect, test } from "vitest";
import { readFrames, toFrame } from "../../src/connect/frames.js";

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) {
    yield bytes.subarray(i, i + size);
  }
}

async function read(bytes: Uint8Array, size: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const frame of readFrames(chunksOf(bytes, size))) {
    texts.push(Buffer.from(frame).toString());
  }
  return texts;
}

const TEXTS = ["first", "", "the third, longer"];
const stream = Buffer.concat(TEXTS.map((text) => toFrame(Buffer.from(text))));

test.each([1, 3, 1000])("frames come out of chunks of %i bytes as they went in", async (size) => {
  expect(await read(stream, size)).toEqual(TEXTS);
});

test("a stream that ends inside a frame is an error", async () => {
  await expect(read(stream.subarray(0, -1), 1000)).rejects.toThrow("ended inside a frame");
});
