/** Returns the words of a text, in lower case, each once. */
export function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

/** Counts how many of some words a text has. */
export function scoreOf(words: ReadonlySet<string>, text: string): number {
  const own = wordsOf(text);
  return [...words].filter((word) => own.has(word)).length;
}
