import { ByteBuffer } from "./byte_buffer.js";

// With each chunk, Connect walks through the kept chunks of the same message, so a server could
// cost its client the square of their number. With this share there are at most a few hundred of
// them, whatever their sizes.
const SHARE = 64;

/** Joins chunks that are too small a share of what has been passed on of a message. */
export class SmallChunks {
  private kept: ByteBuffer | undefined;
  private passedBytes = 0;

  /**
   * @param atOnce - True if the chunk may not wait: a message begins or ends with it.
   * @returns Bytes to pass on, if any.
   */
  add(chunk: Uint8Array, atOnce: boolean): Uint8Array | undefined {
    const { kept } = this;
    const length = chunk.length + (kept?.length ?? 0);
    if (!atOnce && (length === 0 || length * SHARE < this.passedBytes)) {
      this.kept ??= new ByteBuffer();
      this.kept.add(chunk);
      return undefined;
    }
    this.passedBytes = atOnce ? 0 : this.passedBytes + length;
    this.kept = undefined;
    if (kept === undefined) {
      return chunk;
    }
    kept.add(chunk);
    return kept.bytes;
  }

  /** Returns the bytes that were kept back, once. */
  takeRest(): Uint8Array | undefined {
    const { kept } = this;
    this.kept = undefined;
    return kept === undefined || kept.length === 0 ? undefined : kept.bytes;
  }
}
