import { Code } from "@connectrpc/connect";
import { ByteBuffer } from "../wire/byte_buffer.js";
import { COMPRESSED, HEAD_BYTES } from "../wire/envelope_flags.js";
import { protocolError, tooLarge } from "./protocol_errors.js";

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

  /** Takes the next chunk, once the envelopes of the one before are taken. */
  add(chunk: Uint8Array): void {
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
    while (this.headBytes < HEAD_BYTES) {
      if (this.at === this.chunk.length) {
        this.chunk = NOTHING;
        this.at = 0;
        return undefined;
      }
      this.head[this.headBytes++] = this.chunk[this.at++] as number;
      if (this.headBytes === HEAD_BYTES) {
        this.begin();
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

  private begin(): void {
    const [flags = 0, a = 0, b = 0, c = 0, d = 0] = this.head;
    if ((flags & ~(COMPRESSED | this.endFlag)) !== 0) {
      throw protocolError(`envelope with flags ${flags}`, Code.Internal);
    }
    this.length = a * 0x1000000 + ((b << 16) | (c << 8) | d);
    if (this.length > this.maxBytes) {
      throw tooLarge(this.length, this.maxBytes);
    }
  }

  private rest(): Envelope | undefined {
    const missing = this.length - (this.content?.length ?? 0);
    const part = this.chunk.subarray(this.at, this.at + missing);
    this.at += part.length;
    if (this.content === undefined && part.length === missing) {
      return this.done(new Uint8Array(part));
    }
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
    return { flags: this.head[0] as number, content };
  }
}

const NOTHING = new Uint8Array();
