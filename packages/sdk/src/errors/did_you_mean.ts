/**
 * Returns `did you mean maxAttempts? It `, to precede a rule, if a name is nearly a known one;
 * otherwise an empty text.
 */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestOf(name, known);
  return nearest === undefined ? "" : `did you mean ${nearest}? It `;
}

// Longer lists do not help in an error.
const MOST_KNOWN = 8;
const MOST_NEAR = 4;

/**
 * Returns the rule that an unknown name breaks, with the name that was meant. If there is none it
 * lists all known names, or, of many, the nearest and the place where all are listed.
 *
 * @param listedIn - Name of the type that lists them.
 * @param within - Options that are objects, by the names of their members.
 */
export function notAnOption(
  name: string,
  known: readonly string[],
  listedIn?: string,
  within: Readonly<Record<string, string>> = {},
): string {
  const owner = Object.hasOwn(within, name) ? within[name] : undefined;
  if (owner !== undefined && known.includes(owner)) {
    return `is not an option here; it is one of ${owner}: ${owner}: { ${name}: … }`;
  }
  const hint = didYouMean(name, known) || didYouMean(soleAround(name, known), known);
  if (hint !== "") {
    return `${hint}is not an option`;
  }
  if (known.length <= MOST_KNOWN || listedIn === undefined) {
    return `is not an option; known here: ${[...known].sort().join(", ")}`;
  }
  const all = `all are in the type ${listedIn}`;
  const near = nearestFirst(name, known).slice(0, MOST_NEAR);
  return near.length === 0
    ? `is not an option; ${all}`
    : `is not an option; nearest: ${near.join(", ")}; ${all}`;
}

// Returns the one known name that contains a name: `maxAttempts` for `attempts`.
function soleAround(name: string, known: readonly string[]): string {
  const around = known.filter((each) => each.toLowerCase().includes(name.toLowerCase()));
  return name.length >= 4 && around.length === 1 ? (around[0] as string) : "";
}

/**
 * Returns the names that are near, the nearest first: at most half of the letters differ, or one name
 * contains the other.
 */
export function nearestFirst(name: string, known: readonly string[]): string[] {
  if (name.length > MAX_LENGTH) {
    return [];
  }
  const lower = name.toLowerCase();
  const farFrom = (each: string) =>
    each.includes(lower) || lower.includes(each)
      ? 0
      : distance(lower, each, Infinity) / Math.max(lower.length, each.length);
  return known
    .map((each) => ({ each, far: farFrom(each.toLowerCase()) }))
    .filter(({ far }) => far <= 0.5)
    .sort((a, b) => a.far - b.far || (a.each < b.each ? -1 : 1))
    .map(({ each }) => each);
}

// Longer names are not compared: the work grows with the square of their length.
const MAX_LENGTH = 256;

/** Returns the name that was probably meant; undefined if there is none. */
export function nearestOf(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.min(3, Math.floor(name.length / 3) + 1);
  for (const each of name.length > MAX_LENGTH ? [] : known) {
    const edits = distance(name.toLowerCase(), each.toLowerCase(), least);
    if (edits < least) {
      least = edits;
      nearest = each;
    }
  }
  return nearest;
}

// Counts letters inserted, omitted, replaced or swapped with their neighbor; stops counting at
// `enough`.
function distance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) {
    return enough;
  }
  let last: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(
        at(row, j - 1) + (same ? 0 : 1),
        at(row, j) + 1,
        at(next, j - 1) + 1,
        swapped ? at(last, j - 2) + 1 : Infinity,
      );
    }
    last = row;
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], j: number): number {
  return row[j] as number;
}
