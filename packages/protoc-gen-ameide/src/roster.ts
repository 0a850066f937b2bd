import type { DescService as Described } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";

type Options<T> = { readonly options?: T | undefined };

/** What a roster needs of a service, by whichever release of @bufbuild/protobuf it was described. */
export interface DescService extends Pick<Described, "name" | "typeName"> {
  readonly methods: readonly Pick<Described["methods"][number], "localName" | "methodKind">[];
  readonly file: Pick<Described["file"], "name"> & {
    readonly proto: Pick<Described["file"]["proto"], "dependency" | "name" | "package"> &
      Options<{ readonly goPackage: string }>;
  };
  readonly proto: Options<Pick<NonNullable<Described["proto"]["options"]>, "$unknown">>;
}

/** One service of the roster, under the property name a client has for it. */
export interface RosterEntry {
  readonly name: string;
  readonly service: DescService;
}

/** Way out of a name that cannot be. */
export const SETTLE =
  "settle it with option (ameide.policy.v1.roster_name) of a service, " +
  "or of the plugin with name=SERVICE:NAME";

// Its number in policy.proto, which is anybody's where that is not imported. By number, this plugin needs
// no stub of it.
const ROSTER_NAME = 50819;
const POLICY_PROTO = "ameide/policy/v1/policy.proto";

/**
 * Returns the roster of the given services, sorted by name.
 *
 * A service is named after itself, without the suffix `Service`, in lower camel case:
 * `acme.billing.v1.InvoicesService` is `invoices`. A version other than v1 is part of the name:
 * `invoicesV2`. So a name depends on nothing but the service, and stays when others come and go.
 * The option `roster_name` of a service overrides it, and names that are given override that.
 *
 * @param names - Names of services, by their full names.
 * @throws Error if a name is taken twice, is invalid, is a member of clients, or is given to no
 *   service.
 */
export function rosterOf(
  services: readonly DescService[],
  names: ReadonlyMap<string, string> = new Map(),
): RosterEntry[] {
  const entries = services.map((service) => ({
    name: names.get(service.typeName) ?? statedName(service) ?? nameOf(service),
    service,
  }));
  for (const [service, name] of names) {
    if (entries.every((entry) => entry.service.typeName !== service)) {
      throw new Error(`roster: ${service} is to be named ${name}, but there is no such service`);
    }
  }
  const taken = new Map<string, DescService>();
  for (const { name, service } of entries) {
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      throw new Error(
        `roster: ${service.typeName} would be named "${name}", which is not in lower camel case; ${SETTLE}`,
      );
    }
    if (CLIENT_MEMBERS.has(name)) {
      throw new Error(
        `roster: ${service.typeName} would be named ${name}, which every client has already; ${SETTLE}`,
      );
    }
    const other = taken.get(name);
    if (other !== undefined) {
      throw new Error(
        `roster: ${other.typeName} and ${service.typeName} would both be named ${name}; ${SETTLE}`,
      );
    }
    taken.set(name, service);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Members that clients have besides services, in any of the languages, and names with a meaning in
 * JavaScript.
 */
const CLIENT_MEMBERS: ReadonlySet<string> = new Set([
  "aclose",
  "close",
  "constructor",
  "derive",
  "drain",
  "explain",
  "load",
  "then",
  "toString",
  "transport",
  "with",
  "withAuth",
  "withOptions",
  "withTenant",
]);

function statedName({ file, proto }: DescService): string | undefined {
  if (!file.proto.dependency.includes(POLICY_PROTO)) {
    return undefined;
  }
  const option = proto.options?.$unknown?.findLast(({ no }) => no === ROSTER_NAME);
  return option && new BinaryReader(option.data).string();
}

function nameOf(service: DescService): string {
  const short = lowerFirst(service.name.replace(/(?<=.)Service$/, ""));
  const version = service.file.proto.package.split(".").at(-1) ?? "";
  return /^v\d/.test(version) && version !== "v1" ? short + upperFirst(version) : short;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
