/** A message after its prefix, as Connect and gRPC have it in streams. */
export function frame(message: Uint8Array, flags = 0): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = flags;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** Makes a reader of chunks that hands on what each frame holds, once it is whole. */
export function frameReader(each: (flags: number, message: Buffer) => void) {
  let rest: Buffer | undefined;
  return (chunk: Buffer): void => {
    const data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (data.length >= at + 5) {
      const end = at + 5 + data.readUInt32BE(at + 1);
      if (data.length < end) {
        break;
      }
      each(data[at] as number, data.subarray(at + 5, end));
      at = end;
    }
    rest = at === data.length ? undefined : data.subarray(at);
  };
}
