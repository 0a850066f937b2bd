import { Code, type ConnectError } from "@connectrpc/connect";
import { ByteBuffer } from "../wire/byte_buffer.js";
import type { Recording } from "../wire/recorder.js";
import { notBytes, protocolError, tooLarge } from "./protocol_errors.js";

/**
 * Reads a body that is one message. The bytes it returns share no memory with its chunks.
 *
 * @param maxBytes - Largest message.
 * @param contentLength - Value of `content-length`, if the answer has one.
 * @param record - Told if the body breaks off, by an error or before its length.
 * @throws ConnectError `resource_exhausted` if it is larger, as far as that is known before it has
 *   come; `invalid_argument` if it is shorter or longer than announced.
 */
export async function readWhole(
  body: AsyncIterable<Uint8Array>,
  { maxBytes, contentLength }: { maxBytes: number; contentLength: string | null },
  record: Pick<Recording, "brokeOff"> | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const announced = lengthOf(contentLength);
  if (announced !== undefined && announced > maxBytes) {
    throw tooLarge(announced, maxBytes);
  }
  const chunks = body[Symbol.asyncIterator]();
  let only: Uint8Array | undefined;
  let joined: ByteBuffer | undefined;
  let length = 0;
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await chunks.next();
    } catch (reason) {
      record?.brokeOff(reason);
      throw reason;
    }
    if (next.done === true) {
      break;
    }
    const chunk = next.value;
    length += chunk.length;
    const wrong = notBytes(chunk);
    if (wrong !== undefined || length > (announced ?? maxBytes)) {
      void chunks.return?.().catch(() => {});
      throw (
        wrong ??
        (announced === undefined ? tooLarge(length, maxBytes) : notAsLong(announced, length))
      );
    }
    if (only === undefined) {
      only = chunk;
      continue;
    }
    if (joined === undefined) {
      joined = new ByteBuffer();
      joined.add(only);
    }
    joined.add(chunk);
  }
  if (announced !== undefined && length < announced) {
    const short = notAsLong(announced, length);
    record?.brokeOff(short);
    throw short;
  }
  return joined?.bytes ?? new Uint8Array(only ?? []);
}

function notAsLong(announced: number, length: number): ConnectError {
  return protocolError(`promised ${announced} bytes, received ${length}`, Code.InvalidArgument);
}

function lengthOf(contentLength: string | null): number | undefined {
  const length = contentLength === null ? Number.NaN : Number.parseInt(contentLength, 10);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
