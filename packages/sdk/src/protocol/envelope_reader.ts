import { Code } from "@connectrpc/connect";
import { ByteBuffer } from "../wire/byte_buffer.js";
import { COMPRESSED, HEAD_BYTES } from "../wire/envelope_flags.js";
import { notBytes, protocolError, tooLarge } from "./protocol_errors.js";

/** Part of a body: a message, or what ends it. */
export interface Envelope {
  readonly flags: number;
  /** Bytes of its own: they share no memory with the chunks that they came in. */
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * Splits a body into its envelopes, as its chunks come (gRPC over HTTP/2, "Length-Prefixed-Message";
 * Connect protocol, "Streaming-Request"). It holds one chunk and the envelope under way, whose memory
 * grows with what has come, not with what was announced.
 */
export class EnvelopeReader {
  private chunk: Uint8Array = NOTHING;
  private at = 0;
  private readonly head = new Uint8Array(HEAD_BYTES);
  private headBytes = 0;
  private flags = 0;
  private length = 0;
  private content: ByteBuffer | undefined;

  /** True once a byte has come. */
  begun = false;

  /**
   * @param maxBytes - Largest content of an envelope.
   * @param endFlag - Flag of the envelope that ends the body; 0 if the protocol has none.
   */
  constructor(
    private readonly maxBytes: number,
    private readonly endFlag: number,
  ) {}

  /** True if the body so far stops in the middle of an envelope. */
  get midway(): boolean {
    return this.headBytes > 0;
  }

  /**
   * Takes the next chunk, once the envelopes of the one before are taken.
   *
   * @throws ConnectError `internal` if it is no bytes.
   */
  add(chunk: Uint8Array): void {
    const wrong = notBytes(chunk);
    if (wrong !== undefined) {
      throw wrong;
    }
    this.chunk = chunk;
    this.at = 0;
    this.begun ||= chunk.length > 0;
  }

  /**
   * Returns the next envelope; undefined if it needs another chunk.
   *
   * @throws ConnectError `resource_exhausted` for an envelope that is too large, `internal` for one that
   *   the protocol does not know.
   */
  take(): Envelope | undefined {
    const { chunk, at } = this;
    if (this.headBytes === 0 && chunk.length - at >= HEAD_BYTES) {
      this.at += HEAD_BYTES;
      this.headBytes = HEAD_BYTES;
      this.begin(chunk, at);
    }
    while (this.headBytes < HEAD_BYTES) {
      if (this.at === this.chunk.length) {
        this.chunk = NOTHING;
        this.at = 0;
        return undefined;
      }
      this.head[this.headBytes++] = this.chunk[this.at++] as number;
      if (this.headBytes === HEAD_BYTES) {
        this.begin(this.head, 0);
      }
    }
    return this.rest();
  }

  /** @throws ConnectError if the body so far stops in the middle of an envelope. */
  finish(): void {
    if (this.midway) {
      throw protocolError("incomplete envelope", Code.InvalidArgument);
    }
  }

  private begin(head: Uint8Array, at: number): void {
    const flags = head[at] as number;
    if ((flags & ~(COMPRESSED | this.endFlag)) !== 0) {
      throw protocolError(`envelope with flags ${flags}`, Code.Internal);
    }
    this.flags = flags;
    this.length = uint32(head, at + 1);
    if (this.length > this.maxBytes) {
      throw tooLarge(this.length, this.maxBytes);
    }
  }

  private rest(): Envelope | undefined {
    const missing = this.length - (this.content?.length ?? 0);
    const from = this.at;
    if (this.content === undefined && this.chunk.length - from >= missing) {
      this.at += missing;
      return this.done(copy(this.chunk, from, this.at));
    }
    const part = this.chunk.subarray(from, from + missing);
    this.at += part.length;
    this.content ??= new ByteBuffer();
    this.content.add(part);
    if (part.length < missing) {
      this.chunk = NOTHING;
      this.at = 0;
      return undefined;
    }
    return this.done(this.content.bytes);
  }

  private done(content: Uint8Array<ArrayBuffer>): Envelope {
    this.content = undefined;
    this.headBytes = 0;
    return { flags: this.flags, content };
  }
}

const NOTHING = new Uint8Array();

function uint32(bytes: Uint8Array, at: number): number {
  const high = bytes[at] as number;
  const low =
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number);
  return high * 0x1000000 + low;
}

// Costs two thirds of `new Uint8Array(part)`; slice() would return a Buffer of Node.js.
function copy(bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(to - from);
  own.set(bytes.subarray(from, to));
  return own;
}
