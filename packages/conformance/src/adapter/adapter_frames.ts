/** The largest message either side may send, in bytes. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Encodes a message for a pipe: its length in bytes, as 4 bytes big-endian, then its JSON. */
export function encodeFrame(json: string): Buffer {
  const body = Buffer.from(json);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
}

/** Cuts a stream of bytes into messages. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private length = 0;

  /**
   * Takes the next bytes and returns the messages that are now complete.
   *
   * @throws Error if the bytes are not frames: the length is beyond {@link MAX_FRAME_BYTES}, which
   *   is also how text on standard output appears.
   */
  push(chunk: Buffer): string[] {
    this.chunks.push(chunk);
    this.length += chunk.length;
    const frames: string[] = [];
    while (this.length >= 4) {
      const size = this.gather(4).readUInt32BE(0);
      if (size > MAX_FRAME_BYTES) {
        throw new Error(
          `a frame of ${size} bytes, at most ${MAX_FRAME_BYTES}; standard output begins with ${this.sample()}`,
        );
      }
      if (this.length < 4 + size) {
        break;
      }
      const bytes = this.gather(4 + size);
      frames.push(bytes.toString("utf8", 4, 4 + size));
      this.drop(4 + size);
    }
    return frames;
  }

  /** Number of bytes of an incomplete message. */
  get rest(): number {
    return this.length;
  }

  // Joins only as many chunks as needed, so that a long message costs no quadratic copying.
  private gather(size: number): Buffer {
    const first = this.chunks[0];
    if (first !== undefined && first.length >= size) {
      return first;
    }
    const joined = Buffer.concat(this.chunks);
    this.chunks = [joined];
    return joined;
  }

  private drop(size: number): void {
    const first = this.chunks[0] as Buffer;
    this.chunks[0] = first.subarray(size);
    this.length -= size;
    if (this.chunks[0].length === 0) {
      this.chunks.shift();
    }
  }

  private sample(): string {
    const bytes = this.gather(Math.min(this.length, 60)).subarray(0, 60);
    return JSON.stringify(bytes.toString("utf8"));
  }
}
