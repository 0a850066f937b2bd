import { ByteBuffer } from "./byte_buffer.js";

const HEADER_BYTES = 5;
const COMPRESSED = 0b0000_0001;
/** Marks the end of a stream in the Connect protocol. */
export const END_STREAM = 0b0000_0010;
/** Marks the trailers in the gRPC-Web protocol. */
export const TRAILERS = 0b1000_0000;

/**
 * Follows the envelopes of a body as its bytes go by: where they end, and what
 * the one says that ends them all. Decodes nothing else.
 */
export class EnvelopeScan {
  /** The envelope that ends the body has begun. */
  ended = false;
  /** What it says; undefined if it is compressed. */
  end: ByteBuffer | undefined;
  private readonly head = new Uint8Array(HEADER_BYTES);
  private headBytes = 0;
  private left = 0;

  /** @param endFlag - Flag of the envelope that ends the body. */
  constructor(private readonly endFlag: number) {}

  /** The body so far stops in the middle of an envelope. */
  get midway(): boolean {
    return this.left > 0 || this.headBytes > 0;
  }

  /** Returns whether an envelope has begun or ended. */
  add(chunk: Uint8Array): boolean {
    let news = false;
    for (let at = 0; at < chunk.length;) {
      if (this.left === 0) {
        this.head[this.headBytes++] = chunk[at++] as number;
        if (this.headBytes === HEADER_BYTES) {
          this.open();
          news = true;
        }
        continue;
      }
      const part = chunk.subarray(at, at + this.left);
      this.end?.add(part);
      this.left -= part.length;
      at += part.length;
      news ||= this.left === 0;
    }
    return news;
  }

  private open(): void {
    const flags = this.head[0] as number;
    this.headBytes = 0;
    this.left = new DataView(this.head.buffer).getUint32(1);
    if ((flags & this.endFlag) !== 0) {
      this.ended = true;
      this.end = (flags & COMPRESSED) === 0 ? new ByteBuffer() : undefined;
    }
  }
}
