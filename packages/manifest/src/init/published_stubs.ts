import { existsSync } from "node:fs";
import { join } from "node:path";
import { dirname } from "node:path/posix";
import { type Image, isImport } from "../image.js";
import { byText } from "../canonical.js";
import { modulesOf } from "../modules.js";

/** Files whose Go stubs are published in a module of their own: a second copy panics at start. */
export interface PublishedStubs {
  /** Files and folders, as they are imported, whose `go_package` stays what it is. */
  readonly imported: readonly string[];
  /** Those that the workspace has a copy of, by their paths in it, which are not generated. */
  readonly copied: readonly string[];
}

/**
 * Folders of policy.proto and of Google's common protos, as they are imported: named in a template before
 * a module of the workspace has them, so that one that is older than such a module makes no second copy.
 */
const COMMON = ["ameide/policy/v1", "google/api", "google/rpc", "google/type"];

const POLICY_PROTO = "ameide/policy/v1/policy.proto";

/** The one of them that facts of policy.proto need. */
const FIELD_INFO = "google/api/field_info.proto";

/** Where the SDK, as every gRPC program, has the stubs of google/api, google/rpc and the like from. */
const GENPROTO = "google.golang.org/genproto/googleapis/";

/**
 * Finds the files of an image whose Go stubs are published: policy.proto, copies of Google's common protos,
 * and imports from other modules that state a `go_package`.
 *
 * @param folder - Root of the workspace.
 * @param bufYaml - Text of its buf.yaml, if there is one.
 */
export function publishedStubs(
  { registry }: Pick<Image, "registry">,
  { folder, bufYaml = "" }: { readonly folder: string; readonly bufYaml?: string | undefined },
): PublishedStubs {
  // Buf leaves well-known types as they are by itself.
  const files = [...registry.files]
    .map(({ proto }) => proto)
    .filter(({ name }) => !name.startsWith("google/protobuf/"));
  // No client of a service is published there, and a Go package is in one place.
  const withService = new Set(
    files.filter(({ service }) => service.length > 0).map(({ options }) => options?.goPackage),
  );
  const published = files.filter((file) => {
    const stated = file.options?.goPackage ?? "";
    const isCopy =
      file.name === POLICY_PROTO || (stated.startsWith(GENPROTO) && !withService.has(stated));
    return isImport(file) ? stated !== "" : isCopy;
  });
  const others = files.filter((file) => !published.includes(file)).map(({ name }) => name);
  const modules = modulesOf(bufYaml);
  const imported = folded(
    published.map(({ name }) => name),
    others,
  );
  return {
    imported: withCommon(imported, others),
    copied: imported
      .flatMap((path) => modules.map((module) => join(module, path)))
      .filter((path) => existsSync(join(folder, path))),
  };
}

// A folder that has files of its own, too, which may state no package, is not named.
function withCommon(imported: readonly string[], others: readonly string[]): string[] {
  const covers = (path: string) => (name: string) => path === name || isBelow(name)(path);
  const more = COMMON.map((each) => (others.some(isBelow(each)) ? FIELD_INFO : each));
  const own = new Set(others);
  const named = more.filter((each) => !own.has(each) && !imported.some(covers(each)));
  const all = [...new Set([...imported, ...named])];
  return all.filter((each) => !all.some((other) => isBelow(other)(each))).sort(byText);
}

/** Puts a folder in the place of its files, as far up as nothing else is below it. */
function folded(names: readonly string[], others: readonly string[]): string[] {
  const all = names.map((name) => {
    let path = name;
    for (let up = dirname(path); up !== "." && !others.some(isBelow(up)); up = dirname(up)) {
      path = up;
    }
    return path;
  });
  return [...new Set(all)].sort(byText);
}

function isBelow(folder: string) {
  return (name: string): boolean => name.startsWith(`${folder}/`);
}
