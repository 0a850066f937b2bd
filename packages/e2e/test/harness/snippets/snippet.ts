import { readFileSync } from "node:fs";

const ROOT = new URL("../../../../../", import.meta.url);

/** The lines of a language that promise what they print, by the tag of its blocks. */
const PROMISES = {
  ts: /console\.log\(.*\); \/\/ (.*)$/gm,
  go: /fmt\.Println\(.*\) \/\/ (.*)$/gm,
  py: /^ *print\(.*\) {2}# (.*)$/gm,
};

/** What opens the blocks of a language whose snippets are run. */
export type Tag = keyof typeof PROMISES;

/** A block of code on a page of the documentation. */
export interface Snippet {
  /** The page and the number of the block on it, from 1. */
  readonly name: string;
  readonly code: string;
  /** What its lines promise to print: `console.log(…); // …`, and the like. */
  readonly promised: readonly string[];
}

/**
 * The snippets of a page in a language, in order.
 *
 * @param page - Relative to the root of the repository.
 */
export function snippetsOf(page: string, tag: Tag = "ts"): Snippet[] {
  const text = readFileSync(new URL(page, ROOT), "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${tag}\\n(.*?)^\`\`\`$`, "gms"));
  return [...blocks].map(([, code = ""], i) => ({
    name: `${page} ${i + 1}`,
    code,
    promised: [...code.matchAll(PROMISES[tag])].map((m) => m[1] ?? ""),
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
