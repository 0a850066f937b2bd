import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { vi } from "vitest";
import { buildInspector, inspect, type Inspected, type Sdk, surfaceOf } from "@ameideio/manifest";
import { temporaryFolder } from "./temporary.js";
import { there } from "./there.js";

/** Edits of generated files, by their paths. A file that is not there yet begins empty. */
export type Edits = Readonly<Record<string, (text: string) => string>>;

/** The root of the repository. */
export const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** The surface of the TypeScript SDK, over a copy of its stubs with edits. */
export function plantedTypeScript(edits: Edits): Promise<Surface> {
  const folder = temporaryFolder();
  const stubs = join(folder, "core-proto");
  copy("packages/core-proto/ts", stubs, ["gen", "package.json"]);
  link("packages/core-proto/ts", stubs);
  edit(join(stubs, "gen"), edits);
  const sdk = join(folder, "sdk");
  copy("packages/sdk", sdk, ["dist", "package.json"]);
  link("packages/sdk", sdk, { "@ameideio/core-proto": stubs });
  return take("ts", { package: sdk });
}

/** The surface of the Go SDK, over a copy of its stubs with edits. */
export async function plantedGo(edits: Edits): Promise<Surface> {
  // Go caches what it builds by its folder.
  const folder = join(root, "packages/parity/.results/planted_go");
  rmSync(folder, { recursive: true, force: true });
  const stubs = join(folder, "core-proto");
  cpSync(join(root, "packages/core-proto/go"), stubs, { recursive: true });
  edit(stubs, edits);
  const work = readFileSync(join(root, "go.work"), "utf8")
    .replaceAll("./packages/core-proto/go", stubs)
    .replaceAll("./packages/", `${root}packages/`);
  writeFileSync(join(folder, "go.work"), work);
  cpSync(join(root, "go.work.sum"), join(folder, "go.work.sum"));
  vi.stubEnv("GOWORK", join(folder, "go.work"));
  try {
    return surfaceOf(await inspect("go", await buildInspector("go", join(folder, "inspector"))));
  } finally {
    vi.unstubAllEnvs();
  }
}

/** The surface of the Python SDK, over a copy of its stubs with edits. */
export async function plantedPython(edits: Edits): Promise<Surface> {
  const folder = temporaryFolder();
  const stubs = join(folder, "ameide_core_proto");
  cpSync(join(root, "packages/core-proto/python/src/ameide_core_proto"), stubs, {
    recursive: true,
  });
  edit(stubs, edits);
  vi.stubEnv("PYTHONPATH", folder);
  try {
    return await take("python");
  } finally {
    vi.unstubAllEnvs();
  }
}

/** Edits the descriptor in a stub of TypeScript. */
export function editDescriptor(edits: (file: FileDescriptorProto) => void) {
  return (text: string) =>
    text.replace(/(?<=fileDesc\(")[^"]+/, (encoded) => {
      const file = fromBinary(FileDescriptorProtoSchema, base64Decode(encoded));
      edits(file);
      return base64Encode(toBinary(FileDescriptorProtoSchema, file), "std_raw");
    });
}

/** Replaces what has to be there, everywhere. */
export function replace(from: string | RegExp, to: string) {
  return (text: string) => {
    const edited = typeof from === "string" ? text.replaceAll(from, to) : text.replace(from, to);
    if (edited === text) {
      throw new Error(`there is no ${String(from)} to replace`);
    }
    return edited;
  };
}

async function take(sdk: Sdk, inspected?: Inspected): Promise<Surface> {
  return surfaceOf(await inspect(sdk, await buildInspector(sdk), inspected));
}

/** Copies what is named of a folder of the repository. */
export function copy(from: string, to: string, names: readonly string[]): void {
  for (const name of names) {
    cpSync(join(root, from, name), join(to, name), { recursive: true });
  }
}

/** Edits files of a folder. */
export function edit(folder: string, edits: Edits): void {
  for (const [name, change] of Object.entries(edits)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const text = readdirSync(dirname(path)).includes(there(name.split("/").at(-1)))
      ? readFileSync(path, "utf8")
      : "";
    writeFileSync(path, change(text));
  }
}

/** Gives a copy of a package what it is installed with, but for what is replaced. */
export function link(
  from: string,
  to: string,
  replaced: Readonly<Record<string, string>> = {},
): void {
  const modules = join(root, from, "node_modules");
  for (const scope of readdirSync(modules).filter((name) => name.startsWith("@"))) {
    mkdirSync(join(to, "node_modules", scope), { recursive: true });
    for (const name of readdirSync(join(modules, scope))) {
      const target = replaced[`${scope}/${name}`] ?? join(modules, scope, name);
      symlinkSync(target, join(to, "node_modules", scope, name));
    }
  }
}
