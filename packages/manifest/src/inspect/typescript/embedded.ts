import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/**
 * Serializes a `google.protobuf.FileDescriptorSet` of all descriptors that modules export, and their
 * imports.
 *
 * @param pattern - Paths of the modules, relative to the folder, with one star that stands for any
 *   folders, too, as in `exports` of package.json.
 */
export async function embeddedDescriptors(folder: string, pattern: string): Promise<Uint8Array> {
  const files = new Map<string, FileDescriptorProto>();
  const add = (file: DescFile) => {
    if (!files.has(file.proto.name)) {
      files.set(file.proto.name, file.proto);
      file.dependencies.forEach(add);
    }
  };
  for (const path of modulesOf(folder, pattern)) {
    const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
    Object.values(module).filter(isDescFile).forEach(add);
  }
  const set = create(FileDescriptorSetSchema, { file: [...files.values()] });
  return toBinary(FileDescriptorSetSchema, set);
}

function modulesOf(folder: string, pattern: string): string[] {
  const [before = "", after = ""] = pattern.split("*");
  const root = join(folder, before);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(after))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function isDescFile(value: unknown): value is DescFile {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "file";
}
