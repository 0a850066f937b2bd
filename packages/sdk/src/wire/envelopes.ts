import { Code, ConnectError } from "@connectrpc/connect";
import { ByteBuffer } from "./byte_buffer.js";
import { COMPRESSED, HEAD_BYTES } from "./envelope_flags.js";

/**
 * Follows the envelopes of a body as its bytes pass: their ends, and the content of the one that
 * ends the body. Decodes nothing else.
 */
export class EnvelopeScan {
  /** True once a byte has come. */
  begun = false;
  /** True once the envelope that ends the body has begun. */
  ended = false;
  /** True if that envelope is compressed. */
  endCompressed = false;
  /** Content of that envelope so far. */
  readonly end = new ByteBuffer();
  /** Length of that envelope. */
  endBytes = 0;
  private readonly head = new Uint8Array(HEAD_BYTES);
  private headBytes = 0;
  private left = 0;

  /** @param endFlag - Flag of the envelope that ends the body; 0 if the protocol has none. */
  constructor(private readonly endFlag: number) {}

  /** True if the body so far stops in the middle of an envelope. */
  get midway(): boolean {
    return this.left > 0 || this.headBytes > 0;
  }

  /** True once the envelope that ends the body is complete. */
  get endComplete(): boolean {
    return this.ended && this.end.length === this.endBytes;
  }

  /**
   * Returns whether an envelope has begun or ended.
   *
   * @throws ConnectError for an envelope that the protocol does not know.
   */
  add(chunk: Uint8Array): boolean {
    let news = false;
    this.begun ||= chunk.length > 0;
    for (let at = 0; at < chunk.length;) {
      if (this.left === 0) {
        this.head[this.headBytes++] = chunk[at++] as number;
        if (this.headBytes === HEAD_BYTES) {
          this.open();
          news = true;
        }
        continue;
      }
      const part = chunk.subarray(at, at + this.left);
      if (this.ended && !this.endComplete) {
        this.end.add(part);
      }
      this.left -= part.length;
      at += part.length;
      news ||= this.left === 0;
    }
    return news;
  }

  private open(): void {
    const flags = this.head[0] as number;
    if ((flags & ~(COMPRESSED | this.endFlag)) !== 0) {
      throw new ConnectError(`protocol error: envelope with flags ${flags}`, Code.Internal);
    }
    this.headBytes = 0;
    this.left = new DataView(this.head.buffer).getUint32(1);
    if ((flags & this.endFlag) !== 0 && !this.ended) {
      this.ended = true;
      this.endCompressed = (flags & COMPRESSED) !== 0;
      this.endBytes = this.left;
    }
  }
}
