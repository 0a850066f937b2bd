import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const MAC_BYTES = 32;

/**
 * Makes opaque strings that only the same sealer accepts, and only for the same purpose:
 * HMAC-SHA-256 (RFC 2104) under a key that lives as long as the sealer. The content is
 * authenticated, not hidden.
 */
export class Sealer {
  private readonly key = randomBytes(32);

  /** Seals a text. The result is base64url without padding. */
  seal(purpose: string, text: string): string {
    const content = Buffer.from(text);
    return Buffer.concat([this.mac(purpose, content), content]).toString("base64url");
  }

  /** Returns the sealed text, or undefined if it was not sealed here for this purpose. */
  open(purpose: string, sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < MAC_BYTES || bytes.toString("base64url") !== sealed) {
      return undefined;
    }
    const content = bytes.subarray(MAC_BYTES);
    const matches = timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(purpose, content));
    return matches ? content.toString() : undefined;
  }

  private mac(purpose: string, content: Buffer): Buffer {
    return createHmac("sha256", this.key).update(purpose).update("\0").update(content).digest();
  }
}
