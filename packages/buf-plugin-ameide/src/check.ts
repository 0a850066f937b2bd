import { create, createFileRegistry } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { Problem, Rule } from "./rule.js";

/** A file as Buf hands it over; `isImport` files are only there for others. */
export interface CheckedFile {
  readonly fileDescriptorProto?: FileDescriptorProto;
  readonly isImport: boolean;
}

/** What a rule says about a file. */
export interface Annotation extends Problem {
  readonly ruleId: string;
  readonly fileName: string;
}

/** Applies rules to every file that is no import. */
export function checkFiles(files: readonly CheckedFile[], rules: readonly Rule[]): Annotation[] {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: inOrder(files) }));
  return files
    .filter(({ isImport }) => !isImport)
    .flatMap(({ fileDescriptorProto }) => {
      const fileName = fileDescriptorProto?.name ?? "";
      const file = registry.getFile(fileName);
      if (file === undefined) {
        return [];
      }
      return rules.flatMap((rule) =>
        rule
          .check(file, registry)
          .map((problem) => Object.assign(problem, { ruleId: rule.id, fileName })),
      );
    });
}

/** Sorts files so that each comes after those it imports: Buf promises no order. */
function inOrder(files: readonly CheckedFile[]): FileDescriptorProto[] {
  const protos = new Map(
    files.flatMap(({ fileDescriptorProto: proto }) =>
      proto === undefined ? [] : [[proto.name, proto] as const],
    ),
  );
  const sorted = new Set<FileDescriptorProto>();
  const visit = (name: string) => {
    const proto = protos.get(name);
    if (proto !== undefined && !sorted.has(proto)) {
      proto.dependency.forEach(visit);
      sorted.add(proto);
    }
  };
  [...protos.keys()].forEach(visit);
  return [...sorted];
}
