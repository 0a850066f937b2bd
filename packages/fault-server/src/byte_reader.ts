import type { Duplex } from "node:stream";

/**
 * Number of unread bytes at which the socket is paused, so that an idle reader slows down the
 * client.
 */
const HIGH_WATER = 64 * 1024;

/**
 * Reads a socket piecewise. After the end of the input every method returns what is left, or
 * nothing.
 */
export class ByteReader {
  private buffer: Buffer = Buffer.alloc(0);
  private chunks: Buffer[] = [];
  private size = 0;
  private over = false;
  private discarding = false;
  private wake: (() => void) | undefined;

  constructor(private readonly socket: Duplex) {
    socket.on("data", this.onData);
    socket.on("end", this.onOver);
    socket.on("close", this.onOver);
  }

  /** Resolves when `n` bytes are there; false when the input ends before. */
  async have(n: number): Promise<boolean> {
    while (this.size < n && !this.over) {
      await this.more();
    }
    return this.size >= n;
  }

  /** Returns the first available bytes without taking them. */
  peek(n: number): Buffer {
    return this.merged().subarray(0, n);
  }

  /** Takes up to `n` bytes, at least one; undefined when the input is over. */
  async some(n: number): Promise<Buffer | undefined> {
    if (!(await this.have(1))) {
      return undefined;
    }
    return this.take(Math.min(n, this.size));
  }

  /**
   * Takes everything before `mark` and the mark itself, which is left out of the result; undefined
   * when more than `limit` bytes come before it, or the input ends.
   */
  async before(mark: string, limit: number): Promise<Buffer | undefined> {
    for (let n = 1; await this.have(n); n = this.size + 1) {
      const at = this.merged().indexOf(mark, 0, "latin1");
      if (at > limit || (at < 0 && this.size > limit + mark.length)) {
        return undefined;
      }
      if (at >= 0) {
        return this.take(at + mark.length).subarray(0, at);
      }
    }
    return undefined;
  }

  /** Drops all further input, so that the socket sees its end. */
  discard(): void {
    this.discarding = true;
    this.take(this.size);
    this.socket.resume();
  }

  /** Releases the socket and returns the bytes read but not taken. */
  detach(): Buffer {
    this.socket.pause();
    this.socket.off("data", this.onData);
    this.socket.off("end", this.onOver);
    this.socket.off("close", this.onOver);
    return this.take(this.size);
  }

  private readonly onData = (chunk: Buffer) => {
    if (this.discarding) {
      return;
    }
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.wake) {
      this.wake();
    } else if (this.size >= HIGH_WATER) {
      this.socket.pause();
    }
  };

  private readonly onOver = () => {
    this.over = true;
    this.wake?.();
  };

  private more(): Promise<void> {
    this.socket.resume();
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = undefined;
        resolve();
      };
    });
  }

  private merged(): Buffer {
    if (this.chunks.length > 0) {
      this.buffer = Buffer.concat([this.buffer, ...this.chunks]);
      this.chunks = [];
    }
    return this.buffer;
  }

  private take(n: number): Buffer {
    const all = this.merged();
    this.buffer = all.subarray(n);
    this.size -= n;
    return all.subarray(0, n);
  }
}
