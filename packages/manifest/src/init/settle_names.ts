import type { DescService } from "@bufbuild/protobuf";
import { pythonServiceName } from "@ameideio/protoc-gen-ameide/names";
import { rosterOf } from "@ameideio/protoc-gen-ameide/roster";
import { UserError } from "../user_error.js";

/**
 * Settles the names of services that clash, or that cannot be: the area goes in front, and where that
 * is not enough the package above it. `acme.billing.v1.ReportsService` and `acme.sales.v1.ReportsService`
 * are `billingReports` and `salesReports`. A service that had a name already keeps it where others come.
 *
 * @returns the names that are not those of the roster by itself, by full names of services.
 */
export function settleNames(
  services: readonly DescService[],
  { stated, known }: Settled,
): Map<string, string> {
  const names = new Map(
    services.flatMap(({ typeName }) => {
      const name = stated.get(typeName);
      return name === undefined ? [] : [[typeName, name] as const];
    }),
  );
  const deepest = Math.max(0, ...services.map((service) => areasOf(service).length));
  for (let areas = 0; areas <= deepest; areas++) {
    const wrong = unsettled(services, names, known);
    for (const service of areas === 0 ? [] : wrong) {
      names.set(service.typeName, nameWith(service, areas));
    }
  }
  return names;
}

/** Names that were settled before. */
export interface Settled {
  /** Those that a template states, by full names of services. */
  readonly stated: ReadonlyMap<string, string>;
  /** Full names of the services that had a name, stated or not. */
  readonly known: ReadonlySet<string>;
}

/**
 * Returns the name of each service in the roster, by full names of services.
 *
 * @throws UserError if there is no roster of such names.
 */
export function namesOf(
  services: readonly DescService[],
  names: ReadonlyMap<string, string>,
): Map<string, string> {
  try {
    const entries = rosterOf(services, names);
    const named = new Map(entries.map(({ service, name }) => [service.typeName, name]));
    return new Map(services.map(({ typeName }) => [typeName, named.get(typeName) ?? ""]));
  } catch (reason) {
    throw new UserError(reason instanceof Error ? reason.message : String(reason));
  }
}

/** Services whose names are taken twice, or cannot be; of those taken twice, the ones that came later. */
function unsettled(
  services: readonly DescService[],
  names: ReadonlyMap<string, string>,
  known: ReadonlySet<string>,
): DescService[] {
  const taken = new Map<string, DescService[]>();
  const impossible: DescService[] = [];
  for (const service of services) {
    try {
      const stated = names.get(service.typeName);
      const one = new Map(stated === undefined ? [] : [[service.typeName, stated]]);
      const [entry] = rosterOf([service], one);
      if (entry !== undefined) {
        // Throws for a reserved word.
        const key = pythonServiceName(entry);
        taken.set(key, [...(taken.get(key) ?? []), service]);
      }
    } catch {
      impossible.push(service);
    }
  }
  const twice = [...taken.values()].filter((each) => each.length > 1);
  return [
    ...impossible,
    ...twice.flatMap((each) => {
      const later = each.filter(({ typeName }) => !known.has(typeName));
      return later.length === 0 ? each : later;
    }),
  ];
}

/** The packages that a service is in, the innermost first, without the version. */
function areasOf({ file }: DescService): string[] {
  return file.proto.package
    .split(".")
    .filter((part) => part !== "" && !VERSION.test(part))
    .toReversed();
}

const VERSION = /^v\d/;

function nameWith(service: DescService, areas: number): string {
  const version = service.file.proto.package.split(".").at(-1) ?? "";
  const words = [
    ...areasOf(service).slice(0, areas).toReversed(),
    service.name.replace(/(?<=.)Service$/, ""),
    ...(VERSION.test(version) && version !== "v1" ? [version] : []),
  ].flatMap((word) => word.split("_"));
  return words.map((word, i) => (i === 0 ? lowerFirst(word) : upperFirst(word))).join("");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
