/** Options of the plugins, from `opt:` in buf.gen.yaml. */
export interface Options {
  /**
   * Root packages whose services are in the roster: `roster=acme` takes every
   * service of `acme` and `acme.*`. Given once per package. Without it no roster
   * is written.
   */
  readonly roster: readonly string[];
  /**
   * Names that services have in the roster, by their full names, for protos that cannot state them:
   * `name=acme.billing.v1.ReportsService:billingReports`. Given once per service.
   */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Reads the plugins' own options.
 *
 * @throws Error if an option is unknown, its value is none of its kind, or a service has two names.
 */
export function parseOptions(raw: readonly { key: string; value: string }[]): Options {
  const roster: string[] = [];
  const names = new Map<string, string>();
  for (const { key, value } of raw) {
    if (key === "roster") {
      if (!PACKAGE.test(value)) {
        throw new Error(`option roster needs the name of a package, not "${value}"`);
      }
      roster.push(value);
    } else if (key === "name") {
      const [service = "", name, ...more] = value.split(":");
      if (service === "" || name === undefined || more.length > 0) {
        throw new Error(`option name needs SERVICE:NAME, not "${value}"`);
      }
      if (names.has(service)) {
        throw new Error(`option name names ${service} twice`);
      }
      names.set(service, name);
    } else {
      throw new Error(`unknown option ${key}: known are roster and name`);
    }
  }
  return { roster, names };
}

/** Splits options as a template has them: `roster=acme`. */
export function splitOptions(options: readonly string[]): { key: string; value: string }[] {
  return options.map((option) => {
    const [key = "", ...value] = option.split("=");
    return { key, value: value.join("=") };
  });
}

const PACKAGE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;

/**
 * Demands that each of the given root packages has a service.
 *
 * @param packages - Of the services.
 * @throws Error that names the first that has none.
 */
export function demandServices(roots: readonly string[], packages: readonly string[]): void {
  const empty = roots.find((root) => !packages.some((each) => isWithin(each, [root])));
  if (empty !== undefined) {
    throw new Error(`option roster: no service is in the package ${empty}`);
  }
}

/** Reports whether a proto package is one of the given root packages, or inside one. */
export function isWithin(protoPackage: string, roots: readonly string[]): boolean {
  return roots.some((root) => protoPackage === root || protoPackage.startsWith(`${root}.`));
}
