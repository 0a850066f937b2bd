/**
 * Tests texts against a pattern in which `*` stands for any characters and `?` for one. The whole
 * text has to match.
 */
export function globToRegExp(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

/** Reports whether a case's name or id matches a pattern. */
export function matchesCase(pattern: string, { name, id }: { name: string; id: string }): boolean {
  const glob = globToRegExp(pattern.trim());
  return glob.test(name) || glob.test(id);
}
