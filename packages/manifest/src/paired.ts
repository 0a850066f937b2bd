/** What has to exist beside what exists, one of which may be lacking. */
export interface Pair<T> {
  readonly wanted?: T | undefined;
  readonly found?: T | undefined;
}

/** Pairs what has to exist with what exists, by name, in the order of the former. */
export function paired<T extends { readonly name: string }>(
  wanted: readonly T[],
  found: readonly T[],
): Pair<T>[] {
  const [want, have] = [wanted, found].map((all) => new Map(all.map((one) => [one.name, one])));
  const names = new Set([...wanted, ...found].map(({ name }) => name));
  return [...names].map((name) => ({ wanted: want?.get(name), found: have?.get(name) }));
}
