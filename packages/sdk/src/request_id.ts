/** Source of random bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * A UUIDv7 (RFC 9562, section 5.7), lower-case: 48 bits of epoch milliseconds,
 * the rest random. Ids sort by the time they were made.
 */
export function uuidV7(wallNowMs: number, random: RandomBytes): string {
  const bytes = random(16);
  for (let i = 5, ms = Math.floor(wallNowMs); i >= 0; i--, ms = Math.floor(ms / 256)) {
    bytes[i] = ms % 256;
  }
  return format(bytes, 7);
}

/** A UUIDv4 (RFC 9562, section 5.4), lower-case: random. */
export function uuidV4(random: RandomBytes): string {
  return format(random(16), 4);
}

/** Whether a value may be sent as `x-request-id`: 1 to 128 visible ASCII. */
export function isRequestId(value: unknown): value is string {
  return typeof value === "string" && /^[!-~]{1,128}$/.test(value);
}

/** Whether a value may be sent as `idempotency-key`: 1 to 255 printable ASCII. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === "string" && /^[ -~]{1,255}$/.test(value) && value.trim() === value;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
const HYPHEN_BEFORE = new Set([4, 6, 8, 10]);

function format(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  let id = "";
  for (let i = 0; i < 16; i++) {
    id += (HYPHEN_BEFORE.has(i) ? "-" : "") + HEX[bytes[i] as number];
  }
  return id;
}
