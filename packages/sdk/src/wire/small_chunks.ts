import { ByteBuffer } from "./byte_buffer.js";

// With each chunk Connect goes through those it has kept of the same message, so
// that a server may cost its client the square of their number. With this share
// there are a few hundred of them at most, whatever their sizes.
const SHARE = 64;

/**
 * Joins chunks, where each is too small a share of what was passed on of one
 * message.
 */
export class SmallChunks {
  private kept: ByteBuffer | undefined;
  private passedBytes = 0;

  /**
   * @param atOnce - The chunk may not wait: with it a message begins or ends.
   * @returns what is to be passed on, if anything.
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

  /** What was kept back, once. */
  takeRest(): Uint8Array | undefined {
    const { kept } = this;
    this.kept = undefined;
    return kept === undefined || kept.length === 0 ? undefined : kept.bytes;
  }
}
