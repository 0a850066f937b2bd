/** Something that was found in a text, by UTF-16 units. */
export interface Found<K> {
  kind: K;
  start: number;
  end: number;
}

/** Drops what overlaps something before it in the list, and sorts the rest by where it begins. */
export function withoutOverlaps<T extends Found<unknown>>(found: readonly T[]): T[] {
  const taken = new Uint8Array(found.reduce((most, { end }) => Math.max(most, end), 0));
  const kept = found.filter(({ start, end }) => {
    const isFree = !taken.subarray(start, end).includes(1);
    if (isFree) {
      taken.fill(1, start, end);
    }
    return isFree;
  });
  return kept.sort((a, b) => a.start - b.start);
}

/**
 * Counts offsets in Unicode code points instead of UTF-16 units.
 *
 * @param found - Sorted by where it begins, without overlaps.
 */
export function inCodePoints<T extends Found<unknown>>(text: string, found: readonly T[]): T[] {
  let units = 0;
  let points = 0;
  const count = (to: number) => {
    points += Array.from(text.slice(units, to)).length;
    units = to;
    return points;
  };
  return found.map((each) => ({ ...each, start: count(each.start), end: count(each.end) }));
}
