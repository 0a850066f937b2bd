/** Options of this plugin, from `opt:` in buf.gen.yaml. */
export interface Options {
  /**
   * Root packages whose services are in the roster: `roster=acme` takes every
   * service of `acme` and `acme.*`. Given once per package. Without it no roster
   * is written.
   */
  readonly roster: readonly string[];
}

/**
 * Reads the plugin's own options.
 *
 * @throws Error if an option is unknown or its value is not a package name.
 */
export function parseOptions(raw: readonly { key: string; value: string }[]): Options {
  const roster: string[] = [];
  for (const { key, value } of raw) {
    if (key !== "roster") {
      throw new Error(`unknown option ${key}: known is roster`);
    }
    if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/.test(value)) {
      throw new Error(`option roster needs the name of a package, not "${value}"`);
    }
    roster.push(value);
  }
  return { roster };
}

/** Reports whether a proto package is one of the given root packages, or inside one. */
export function isWithin(protoPackage: string, roots: readonly string[]): boolean {
  return roots.some((root) => protoPackage === root || protoPackage.startsWith(`${root}.`));
}
