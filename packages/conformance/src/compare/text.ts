/**
 * Reports whether a text matches a stated one: `/…/` is a regular expression that has to match
 * anywhere in it, any other text has to be equal.
 */
export function matchesText(stated: string, seen: string): boolean {
  const pattern = /^\/(.*)\/$/s.exec(stated)?.[1];
  return pattern === undefined ? stated === seen : new RegExp(pattern, "u").test(seen);
}
