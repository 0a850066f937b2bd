import { Duplex } from "node:stream";

/** Frame types of RFC 9113, section 6, that the server needs. */
const HEADERS = 0x1;
const RST_STREAM = 0x3;
const GOAWAY = 0x7;
const HEADER_BYTES = 9;

/** The client's connection preface (RFC 9113, section 3.4). */
export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Finds the frames in a stream of bytes without holding their payload. */
export class FrameScanner {
  private skip: number;
  private head = Buffer.alloc(0);

  /** @param preface bytes that come before the first frame */
  constructor(
    preface: number,
    private readonly onFrame: (type: number, streamId: number) => void,
  ) {
    this.skip = preface;
  }

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      const skipped = Math.min(this.skip, bytes.length - at);
      this.skip -= skipped;
      at += skipped;
      const taken = Math.min(HEADER_BYTES - this.head.length, bytes.length - at);
      this.head = Buffer.concat([this.head, bytes.subarray(at, at + taken)]);
      at += taken;
      if (this.head.length < HEADER_BYTES) {
        continue;
      }
      const head = this.head;
      this.head = Buffer.alloc(0);
      this.skip = head.readUIntBE(0, 3);
      this.onFrame(head.readUInt8(3), head.readUInt32BE(5) & 0x7fffffff);
    }
  }
}

/**
 * Stands between a socket and node:http2. It sees every frame, can insert one that node:http2 would
 * not send, and can fall silent in both directions.
 */
export class Http2Wire extends Duplex {
  private readonly inbound: FrameScanner;
  private readonly outbound: FrameScanner;
  private readonly headed = new Map<number, () => void>();
  private readonly resets = new Set<number>();
  private newest = 0;
  private silent = false;

  /**
   * @param first bytes already read from the socket
   * @param onRequest called with each HEADERS frame that opens a stream, before node:http2 sees it;
   *   when it returns true the connection falls silent
   */
  constructor(
    private readonly socket: Duplex,
    private readonly first: Buffer,
    onRequest: () => boolean,
  ) {
    super({ allowHalfOpen: true });
    this.inbound = new FrameScanner(PREFACE.length, (type, streamId) => {
      if (type === RST_STREAM) {
        this.resets.add(streamId);
      }
      if (type !== HEADERS || streamId <= this.newest || this.silent) {
        return;
      }
      this.newest = streamId;
      if (onRequest()) {
        this.silence();
      }
    });
    this.outbound = new FrameScanner(0, (type, streamId) => {
      if (type === HEADERS) {
        this.headed.get(streamId)?.();
      }
    });
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }

  /** Starts to pass bytes to node:http2, which must be listening by now. */
  start(): void {
    this.receive(this.first);
    this.socket.resume();
  }

  /** Lets nothing through any more, in either direction. */
  silence(): void {
    this.silent = true;
    this.socket.resume();
  }

  /** Reports whether the client has reset this stream. */
  wasReset(streamId: number): boolean {
    return this.resets.has(streamId);
  }

  /** Resolves when a HEADERS frame of this stream has been handed to the kernel. */
  headersSent(streamId: number): Promise<void> {
    return new Promise((resolve) => {
      this.headed.set(streamId, () => {
        this.headed.delete(streamId);
        resolve();
      });
    });
  }

  /**
   * Inserts a GOAWAY frame. The method of node:http2 cannot say that stream 1 was not processed: it
   * takes a last stream id of 0 for "the newest".
   */
  goaway(lastStreamId: number, code: number): Promise<void> {
    const frame = Buffer.alloc(HEADER_BYTES + 8);
    frame.writeUIntBE(8, 0, 3);
    frame.writeUInt8(GOAWAY, 3);
    frame.writeUInt32BE(lastStreamId, HEADER_BYTES);
    frame.writeUInt32BE(code, HEADER_BYTES + 4);
    return new Promise((resolve) => this.write(frame, () => resolve()));
  }

  private receive(chunk: Buffer): void {
    this.inbound.push(chunk);
    if (!this.silent && !this.push(chunk)) {
      this.socket.pause();
    }
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (reason?: Error | null) => void): void {
    if (this.silent || this.socket.destroyed) {
      return done();
    }
    this.socket.write(chunk, (reason) => {
      this.outbound.push(chunk);
      done(reason ?? null);
    });
  }

  override _final(done: () => void): void {
    if (!this.silent) {
      this.socket.end();
    }
    done();
  }

  override _destroy(reason: Error | null, done: (reason: Error | null) => void): void {
    if (!this.silent) {
      this.socket.end();
    }
    this.socket.resume();
    done(reason);
  }
}
