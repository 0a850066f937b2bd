/**
 * Joins bytes that come in pieces: keeping each one-byte piece would take a hundred times as much
 * memory.
 */
export class ByteBuffer {
  length = 0;
  private buffer = new Uint8Array();

  add(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.buffer.length, 64));
      larger.set(this.bytes);
      this.buffer = larger;
    }
    this.buffer.set(piece, this.length);
    this.length = length;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.length);
  }
}
