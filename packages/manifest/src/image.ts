import {
  create,
  createFileRegistry,
  type DescService,
  fromBinary,
  type FileRegistry,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { isWithin } from "@ameideio/protoc-gen-ameide/options";
import { byText, sha256 } from "./canonical.js";
import { demandUnique } from "./unique.js";
import { unknownMessage } from "./unknown_fields.js";
import { UserError } from "./user_error.js";

/** A descriptor image, read. */
export interface Image {
  readonly registry: FileRegistry;
  readonly set: FileDescriptorSet;
}

/**
 * Reads a descriptor image: a serialized `google.protobuf.FileDescriptorSet` with all imports, as
 * `buf build -o image.binpb` and `protoc --include_imports -o image.binpb` write it.
 *
 * @param name - What an error calls it.
 * @throws UserError if it is none, lacks an import, or has a file or a service twice.
 */
export function readImage(bytes: Uint8Array, name: string): Image {
  let set: FileDescriptorSet;
  try {
    set = fromBinary(FileDescriptorSetSchema, bytes);
  } catch {
    throw new UserError(`${name} is no descriptor image; ${MAKE_IMAGE}`);
  }
  if (set.file.length === 0 || set.file.some((file) => file.name === "")) {
    throw new UserError(`${name} is no descriptor image: it has no files; ${MAKE_IMAGE}`);
  }
  demandUnique(
    set.file.map((file) => file.name),
    `${name} is no descriptor image: it has twice the file`,
  );
  demandUnique(
    set.file.flatMap((file) => file.service.map((each) => `${file.package}.${each.name}`)),
    `${name} is no descriptor image: it has twice the service`,
  );
  try {
    const ordered = create(FileDescriptorSetSchema, { file: inOrder(set.file) });
    return { registry: createFileRegistry(ordered), set };
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new UserError(`${name} is not complete: ${why}; ${MAKE_IMAGE}`);
  }
}

/** Identifies a module by its image in canonical form: the SHA-256 in hex, and the files it covers. */
export function moduleOf({ set }: Image): { sha256: string; files: string[] } {
  const canonical = canonicalSet(set);
  return {
    sha256: sha256(toBinary(FileDescriptorSetSchema, canonical)),
    files: canonical.file.map((file) => file.name),
  };
}

/**
 * Returns every service of an image, sorted by full name, but for those of what Buf says are imports.
 *
 * @param packages - Root packages whose services count. Default: all.
 */
export function servicesOf(
  { registry }: Pick<Image, "registry">,
  packages: readonly string[] = [],
): DescService[] {
  return [...registry.files]
    .filter(({ proto }) => !isImport(proto))
    .filter(({ proto }) => packages.length === 0 || isWithin(proto.package, packages))
    .flatMap((file) => file.services)
    .sort((a, b) => byText(a.typeName, b.typeName));
}

const MAKE_IMAGE = "make one with: buf build -o image.binpb";

/** Number of the field in which Buf notes what it knows of a file; other compilers have none. */
const BUF_EXTENSION = 8042;

/** Number of the field of that which is true for imports: files of other modules. */
const IS_IMPORT = 1;

/** Reports whether Buf noted a file as an import: one of another module. */
export function isImport({ $unknown, name }: FileDescriptorProto): boolean {
  const noted = unknownMessage($unknown, BUF_EXTENSION, `what Buf notes of ${name}`);
  return noted.findLast(({ no }) => no === IS_IMPORT)?.varint === 1;
}

// What a module says, whoever compiled it, and wherever its files stood.
function canonicalSet({ file }: FileDescriptorSet): FileDescriptorSet {
  const files = file.map((each) => {
    const { sourceCodeInfo: _, $unknown, ...rest } = each;
    const unknown = $unknown?.filter(({ no }) => no !== BUF_EXTENSION);
    return { ...rest, ...(unknown === undefined ? {} : { $unknown: unknown }) };
  });
  return create(FileDescriptorSetSchema, { file: files.sort((a, b) => byText(a.name, b.name)) });
}

// Each file after those that it imports, as compilers write them and registries need them.
function inOrder(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const seen = new Set<FileDescriptorProto>();
  const ordered: FileDescriptorProto[] = [];
  const add = (file: FileDescriptorProto | undefined) => {
    if (file !== undefined && !seen.has(file)) {
      seen.add(file);
      file.dependency.forEach((name) => add(byName.get(name)));
      ordered.push(file);
    }
  };
  files.forEach(add);
  return ordered;
}
