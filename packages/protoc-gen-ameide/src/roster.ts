import type { Schema } from "@bufbuild/protoplugin";

/** A service as protoplugin describes it. */
export type DescService = Schema["files"][number]["services"][number];

/** One service of the roster, under the property name a client has for it. */
export interface RosterEntry {
  readonly name: string;
  readonly service: DescService;
}

/**
 * The roster of the given services, sorted by name.
 *
 * A service is named after itself, without the suffix `Service`, in lower camel
 * case: `acme.billing.v1.InvoicesService` is `invoices`. Where two services
 * would have one name, each gets its area in front, the package's last part
 * that is not a version: `billingInvoices`.
 *
 * @throws Error if two services still have one name.
 */
export function rosterOf(services: readonly DescService[]): RosterEntry[] {
  const byShortName = groupBy(services, shortName);
  const entries = services.map((service) => {
    const short = shortName(service);
    const alone = byShortName.get(short)?.length === 1;
    return { name: alone ? short : lowerFirst(areaOf(service)) + upperFirst(short), service };
  });
  for (const [name, group] of groupBy(entries, (entry) => entry.name)) {
    if (group.length > 1) {
      const names = group.map((entry) => entry.service.typeName).join(", ");
      throw new Error(`roster: ${names} would all be named ${name}`);
    }
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function shortName(service: DescService): string {
  return lowerFirst(service.name.replace(/(?<=.)Service$/, ""));
}

function areaOf(service: DescService): string {
  const parts = service.file.proto.package.split(".");
  const area = parts.findLast((part) => !/^v\d/.test(part)) ?? "";
  return area.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
