/** Splits a stream into frames: a length of 4 bytes, big-endian, then as many bytes of text. */
export async function* readFrames(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    buffer = Buffer.concat([buffer, chunk]);
    let start = 0;
    while (buffer.length >= start + 4) {
      const end = start + 4 + buffer.readUInt32BE(start);
      if (buffer.length < end) {
        break;
      }
      yield buffer.toString("utf8", start + 4, end);
      start = end;
    }
    buffer = buffer.subarray(start);
  }
}

/** Makes a frame of a text. */
export function toFrame(text: string): Buffer {
  const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(text));
  frame.writeUInt32BE(frame.length - 4);
  frame.write(text, 4);
  return frame;
}
