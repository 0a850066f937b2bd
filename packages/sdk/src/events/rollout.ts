import { sha256 } from "./sha256.js";

/** Parts that subjects are spread over: a hundredth of a percent each. */
const BUCKETS = 10_000;

/**
 * Returns the bucket of a subject, 0 to 9999, the same in every SDK: the first four bytes of the
 * SHA-256 of `key`, a zero byte and `subject` in UTF-8, as a big-endian number, modulo 10 000.
 *
 * Texts are not normalized: `é` composed and `é` decomposed are two subjects.
 */
export function rolloutBucket(key: string, subject: string): number {
  const digest = sha256(new TextEncoder().encode(`${key}\0${subject}`));
  return new DataView(digest.buffer).getUint32(0) % BUCKETS;
}

/**
 * Reports whether a feature that is on for a percentage is on for a subject. Raised, the percentage
 * turns it off for nobody.
 *
 * @param percent - 0 to 100.
 */
export function isWithin(key: string, subject: string, percent: number): boolean {
  return rolloutBucket(key, subject) < (percent * BUCKETS) / 100;
}
