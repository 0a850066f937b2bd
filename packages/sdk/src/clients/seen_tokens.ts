import { BOUNDS } from "../policy/policy_table.js";

/**
 * The page tokens of a list, as far as they are kept: the last mebibyte of them, and
 * one of long ago, by which a loop of any length is found (Brent's algorithm).
 */
export class SeenTokens {
  private readonly latest = new Set<string>();
  private chars = 0;
  private mark: string | undefined;
  private markedAt = 1;

  /** @param count - Which token it is, from 1. */
  add(token: string, count: number): void {
    if (count >= 2 * this.markedAt) {
      this.mark = token;
      this.markedAt = count;
    }
    this.latest.add(token);
    this.chars += token.length;
    while (this.chars > BOUNDS.maxPageTokenCharacters) {
      const [oldest = ""] = this.latest;
      this.latest.delete(oldest);
      this.chars -= oldest.length;
    }
  }

  has(token: string): boolean {
    return token === this.mark || this.latest.has(token);
  }
}
