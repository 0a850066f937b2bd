/**
 * Whether a text is as stated: `/…/` is a regular expression that has to match anywhere in it, all
 * else the text itself.
 */
export function matchesText(stated: string, seen: string): boolean {
  const pattern = /^\/(.*)\/$/s.exec(stated)?.[1];
  return pattern === undefined ? stated === seen : new RegExp(pattern, "u").test(seen);
}
