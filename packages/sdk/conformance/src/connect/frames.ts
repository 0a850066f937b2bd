/** Splits a stream into frames: a length of 4 bytes, big-endian, then as many bytes. */
export async function* readFrames(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    buffer = Buffer.concat([buffer, chunk]);
    let start = 0;
    while (buffer.length >= start + 4) {
      const end = start + 4 + buffer.readUInt32BE(start);
      if (buffer.length < end) {
        break;
      }
      yield buffer.subarray(start + 4, end);
      start = end;
    }
    buffer = buffer.subarray(start);
  }
  if (buffer.length > 0) {
    throw new Error("the input ended inside a frame");
  }
}

/** Makes a frame of bytes. */
export function toFrame(bytes: Uint8Array): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
