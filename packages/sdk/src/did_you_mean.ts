// Longer words are not looked at: the work grows with the square of their length.
const MAX_LENGTH = 256;
const MAX_EDITS = 2;

/**
 * The word somebody may have meant: one that differs in case alone, or by two
 * letters at most. Undefined where there is none.
 */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = MAX_EDITS + 1;
  for (const each of known) {
    const edits = editsBetween(word.toLowerCase(), each.toLowerCase());
    if (edits < fewest && edits * 2 < each.length) {
      nearest = each;
      fewest = edits;
    }
  }
  return nearest;
}

// Levenshtein's distance, a row at a time; infinite where it is of no interest.
function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_EDITS || a.length > MAX_LENGTH) {
    return Infinity;
  }
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const kept = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(kept, (above[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    above = row;
  }
  return above[b.length] as number;
}
