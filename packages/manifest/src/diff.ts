import type {
  Manifest,
  Method,
  Names,
  Service,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { factChanges } from "./fact_changes.js";
import type { Change } from "./change.js";
import { typeChanges } from "./diff_types.js";
import { paired } from "./paired.js";

export type { Change, ChangeKind } from "./change.js";

/** Lists what is different in a newer manifest, by service and method, message and enum, and file. */
export function changesOf(older: Manifest, newer: Manifest): Change[] {
  const services = paired(older.services, newer.services).flatMap(
    ({ wanted: before, found: after }) => {
      const service = (before ?? after)?.name ?? "";
      return serviceChanges(before, after).map((change) => ({ ...change, service }));
    },
  );
  return [...services, ...typeChanges(older, newer), ...goneFiles(older, newer)];
}

function goneFiles({ module: older }: Manifest, { module: newer }: Manifest): Change[] {
  const left = new Set(newer?.files);
  return (older?.files ?? [])
    .filter((file) => !left.has(file))
    .map((file) => ({ kind: "breaking", service: file, message: "the file was removed" }));
}

type Described = Omit<Change, "service">;

function serviceChanges(before: Service | undefined, after: Service | undefined): Described[] {
  if (before === undefined) {
    const count = after?.methods.length ?? 0;
    const methods = count === 1 ? "1 method" : `${count} methods`;
    return [{ kind: "added", message: `new service, ${methods}` }];
  }
  if (after === undefined) {
    return [{ kind: "breaking", name: "gone", message: "the service was removed" }];
  }
  return [
    ...nameChanges(before.names, after.names),
    // One that was made before it was stated has none.
    ...(before.file === ""
      ? []
      : [
          ...breaking("file", before.file, after.file),
          ...breaking("go_package", before.goPackage || "none", after.goPackage || "none"),
        ]),
    ...deprecation(before, after, "service"),
    ...paired(before.methods, after.methods).flatMap(({ wanted, found }) => {
      const method = (wanted ?? found)?.name ?? "";
      // Deprecation of a service is told once.
      const told = !before.deprecated && after.deprecated;
      return methodChanges(wanted, found, { told }).map((change) => ({ ...change, method }));
    }),
  ];
}

function methodChanges(
  before: Method | undefined,
  after: Method | undefined,
  { told }: { readonly told: boolean },
): Described[] {
  if (before === undefined) {
    return [{ kind: "added", message: `new method, ${kindWords(after?.kind ?? "")}` }];
  }
  if (after === undefined) {
    return [{ kind: "breaking", name: "gone", message: "the method was removed" }];
  }
  return [
    ...nameChanges(before.names, after.names),
    ...(told ? [] : deprecation(before, after, "method")),
    ...breaking("kind", kindWords(before.kind), kindWords(after.kind)),
    ...breaking("request", before.input, after.input),
    ...breaking("response", before.output, after.output),
    ...factChanges(before, after),
  ];
}

function nameChanges(before: Names | undefined, after: Names | undefined): Described[] {
  return LANGUAGES.flatMap(([key, language]) => {
    const [was, is] = [before?.[key] ?? "", after?.[key] ?? ""];
    const message = `its name in ${language} changed from ${was} to ${is}`;
    return was === is ? [] : [{ kind: "breaking", name: "changed", message } as const];
  });
}

function deprecation(
  before: { readonly deprecated: boolean },
  after: { readonly deprecated: boolean },
  what: string,
): Described[] {
  if (before.deprecated === after.deprecated) {
    return [];
  }
  return after.deprecated
    ? [{ kind: "deprecated", message: `the ${what} is deprecated` }]
    : [{ kind: "changed", message: `the ${what} is no longer deprecated` }];
}

function breaking(what: string, before: string, after: string): Described[] {
  const message = `its ${what} changed from ${before} to ${after}`;
  return before === after ? [] : [{ kind: "breaking", message }];
}

function kindWords(kind: string): string {
  return kind.replaceAll("_", " ");
}

const LANGUAGES = [
  ["typescript", "TypeScript"],
  ["go", "Go"],
  ["python", "Python"],
] as const;
