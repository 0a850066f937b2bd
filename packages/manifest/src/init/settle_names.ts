import type { DescService } from "@bufbuild/protobuf";
import { pythonServiceName } from "@ameideio/protoc-gen-ameide/names";
import { rosterOf } from "@ameideio/protoc-gen-ameide/roster";

/**
 * Settles the names of services that clash, or that cannot be: the area goes in front, and where that
 * is not enough the package above it. `acme.billing.v1.ReportsService` and `acme.sales.v1.ReportsService`
 * are `billingReports` and `salesReports`.
 *
 * @returns the names that are not those of the roster by itself, by full names of services.
 */
export function settleNames(services: readonly DescService[]): Map<string, string> {
  const names = new Map<string, string>();
  const deepest = Math.max(0, ...services.map((service) => areasOf(service).length));
  for (let areas = 0; areas <= deepest; areas++) {
    const wrong = unsettled(services, names);
    for (const service of areas === 0 ? [] : wrong) {
      names.set(service.typeName, nameWith(service, areas));
    }
  }
  return names;
}

/** Services whose names are taken twice, or cannot be. */
function unsettled(
  services: readonly DescService[],
  names: ReadonlyMap<string, string>,
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
  return [...impossible, ...[...taken.values()].filter((each) => each.length > 1).flat()];
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
