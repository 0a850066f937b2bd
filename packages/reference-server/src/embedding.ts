const DIMENSIONS = 256;

/**
 * Makes a vector of a text: its words and their runs of three letters, counted by hash. Texts with
 * words in common are similar; it knows nothing of meaning.
 */
export function embed(text: string): number[] {
  const vector = Array.from<number>({ length: DIMENSIONS }).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    add(vector, word, 2);
    const padded = `^${word}$`;
    for (let at = 0; at + 3 <= padded.length; at++) {
      add(vector, padded.slice(at, at + 3), 1);
    }
  }
  return vector;
}

/**
 * Computes the cosine of the angle between two vectors, -1 to 1. It is 0 if their lengths differ or
 * one has no direction.
 */
export function cosineSimilarity(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) {
    return 0;
  }
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  return norms === 0 ? 0 : Math.max(-1, Math.min(1, dot(a, b) / norms));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

function add(vector: number[], feature: string, weight: number): void {
  const hash = fnv1a(feature);
  const index = hash % DIMENSIONS;
  // A bit that the index does not depend on, so that features that collide may cancel out.
  const sign = hash >= 2 ** 31 ? 1 : -1;
  vector[index] = (vector[index] ?? 0) + sign * weight;
}

/** FNV-1a, 32 bit. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
