/**
 * Reports whether a text matches a stated one: `/…/` is a regular expression that has to match
 * anywhere in it, any other text has to be equal.
 */
export function matchesText(stated: string, seen: string): boolean {
  const pattern = /^\/(.*)\/$/s.exec(stated)?.[1];
  return pattern === undefined ? stated === seen : new RegExp(pattern, "u").test(seen);
}

/**
 * Reports whether a text holds a stated one, in its spelling or in that of languages whose names have
 * underscores and whose durations have no unit: `option attemptTimeoutMs` is `option attempt_timeout`
 * there.
 */
export function holdsText(stated: string, seen: string): boolean {
  return seen.includes(stated) || seen.includes(inSnakeCase(stated));
}

// Text without a name in camel case, or the end of one, stays as it is.
function inSnakeCase(text: string): string {
  return text.replace(/\b[A-Za-z][a-z]*(?:[A-Z][a-z]+)+/g, (name) =>
    name
      .replace(/Ms$/i, "")
      .replace(/(?<!^)[A-Z]/g, "_$&")
      .toLowerCase(),
  );
}
