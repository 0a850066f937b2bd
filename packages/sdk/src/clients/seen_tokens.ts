import { BOUNDS } from "../policy/policy_table.js";

/**
 * Remembers page tokens of a list: the last mebibyte of them, and one older token, by which a loop
 * of any length is found (Brent's algorithm).
 */
export class SeenTokens {
  private readonly latest = new Set<string>();
  private chars = 0;
  private mark: string | undefined;
  private markedAt = 1;

  /** @param count - Position of the token, from 1. */
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
