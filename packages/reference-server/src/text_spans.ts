/** Something that was found in a text, by UTF-16 units. */
export interface Found<K> {
  kind: K;
  start: number;
  end: number;
}

/** Drops what overlaps something before it in the list, and sorts the rest by where it begins. */
export function withoutOverlaps<T extends Found<unknown>>(found: readonly T[]): T[] {
  const kept: T[] = [];
  for (const each of found) {
    if (kept.every(({ start, end }) => each.end <= start || end <= each.start)) {
      kept.push(each);
    }
  }
  return kept.sort((a, b) => a.start - b.start);
}

/** Counts offsets in Unicode code points instead of UTF-16 units. */
export function inCodePoints<T extends Found<unknown>>(text: string, found: readonly T[]): T[] {
  const count = (units: number) => Array.from(text.slice(0, units)).length;
  return found.map((each) => ({ ...each, start: count(each.start), end: count(each.end) }));
}
