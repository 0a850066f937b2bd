import { safeIdentifier } from "@bufbuild/protoplugin";
import type { RosterEntry } from "./roster.js";

/** Returns the lines of `roster.js`: the facts of each service that need no stub. */
export function rosterModule(entries: readonly RosterEntry[]): string[] {
  return ["export const roster = {", ...entries.flatMap(entryLines), "};"];
}

function entryLines({ name, service }: RosterEntry): string[] {
  return [
    `  ${name}: {`,
    "    methods: {",
    ...service.methods.map(({ localName, methodKind }) => `      ${localName}: "${methodKind}",`),
    "    },",
    `    load: () => import("./roster/${name}.js"),`,
    "  },",
  ];
}

/**
 * Returns the lines of `roster/<name>.js`: the stub of one service. It is a module of its own,
 * because bundlers keep all exports of the target of an `import()`.
 */
export function serviceModule({ service }: RosterEntry): string[] {
  return [
    `export { ${safeIdentifier(service.name)} as service } from "../${service.file.name}_pb.js";`,
  ];
}

/** Returns the lines of `roster.d.ts`. */
export function rosterDeclaration(entries: readonly RosterEntry[]): string[] {
  return [
    'import type { DescService } from "@bufbuild/protobuf";',
    ...entries.map(
      ({ name, service }) =>
        `import type { ${safeIdentifier(service.name)} as ${typeName(name)} } from "./${service.file.name}_pb.js";`,
    ),
    LAZY_SERVICE,
    "/** Every service under the name a client has for it. None is loaded with it. */",
    "export declare const roster: {",
    ...entries.map(({ name }) => `  readonly ${name}: LazyService<typeof ${typeName(name)}>;`),
    "};",
  ];
}

// A service may be named after a word that is reserved (`import`).
function typeName(name: string): string {
  return `${name}Service`;
}

const LAZY_SERVICE = `
/** Service whose stub is loaded when it is first needed. */
export interface LazyService<S extends DescService> {
  /** The kind of every method, by the name it has in a client. */
  readonly methods: { readonly [K in keyof S["method"]]: S["method"][K]["methodKind"] };
  /** Loads the stub. It may be called more than once, and again after it failed. */
  load(): Promise<{ readonly service: S }>;
}
`;
