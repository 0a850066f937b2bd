/** Source of random bytes. Its result may be overwritten by the next call. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * A UUIDv7 (RFC 9562, section 5.7), lower-case: 48 bits of epoch milliseconds,
 * the rest random. Ids sort by the time they were made.
 */
export function uuidV7(wallNowMs: number, random: RandomBytes): string {
  const bytes = random(16);
  // Shifts work on 32 bits.
  const high = Math.floor(wallNowMs / 0x1_0000);
  const low = Math.floor(wallNowMs) % 0x1_0000;
  bytes[0] = high >>> 24;
  bytes[1] = high >>> 16;
  bytes[2] = high >>> 8;
  bytes[3] = high;
  bytes[4] = low >>> 8;
  bytes[5] = low;
  return format(bytes, 7);
}

/** A UUIDv4 (RFC 9562, section 5.4), lower-case: random. */
export function uuidV4(random: RandomBytes): string {
  return format(random(16), 4);
}

/** Reports whether a value may be sent as `x-request-id`: 1 to 128 visible ASCII. */
export function isRequestId(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]{1,128}$/.test(value);
}

/** Reports whether a value may be sent as `idempotency-key`: 1 to 255 printable ASCII. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === "string" && /^[ -~]{1,255}$/.test(value) && value.trim() === value;
}

const DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
// The hyphens are at their places already.
const text = Array.from("00000000-0000-0000-0000-000000000000", (char) => char.charCodeAt(0));
const PLACES = text.flatMap((code, place) => (code === DIGITS[0] ? [place] : []));

// Two ids are made for each call: each is built as one string instead of 36 pieces.
function format(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  for (let i = 0; i < 16; i++) {
    const byte = bytes[i] as number;
    text[PLACES[2 * i] as number] = DIGITS[byte >> 4] as number;
    text[PLACES[2 * i + 1] as number] = DIGITS[byte & 0x0f] as number;
  }
  return String.fromCharCode.apply(undefined, text);
}
