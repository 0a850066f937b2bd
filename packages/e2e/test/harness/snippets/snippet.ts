import { readFileSync } from "node:fs";

const ROOT = new URL("../../../../", import.meta.url);

/** A block of TypeScript on a page of the documentation. */
export interface Snippet {
  /** The page and the number of the block on it, from 1. */
  readonly name: string;
  readonly code: string;
  /** What its `console.log(…); // …` lines promise to print. */
  readonly promised: readonly string[];
}

/**
 * The snippets of a page, in order.
 *
 * @param page - Relative to the root of the repository.
 */
export function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(new URL(page, ROOT), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""], i) => ({
    name: `${page} ${i + 1}`,
    code,
    promised: [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((m) => m[1] ?? ""),
  }));
}

/**
 * The protos of a page: blocks whose first line, a comment, is a path.
 *
 * @param page - Relative to the root of the repository.
 * @returns Text by path.
 */
export function protosOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(new URL(page, ROOT), "utf8");
  const blocks = text.matchAll(/^```proto\n(\/\/ (\S+\.proto)\n.*?)^```$/gms);
  return new Map([...blocks].map(([, code = "", path = ""]) => [path, code]));
}
