import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A file with one service. */
export interface Proto {
  readonly name: string;
  readonly service: string;
  readonly goPackage?: string;
}

/** Runs a plugin over files; gives the written ones by name. */
export function generate(
  plugin: string,
  parameter: string,
  protos: readonly Proto[],
): Record<string, string> {
  const program = fileURLToPath(new URL(`../bin/${plugin}.js`, import.meta.url));
  const request = create(CodeGeneratorRequestSchema, {
    parameter,
    fileToGenerate: protos.map(({ name }) => name),
    protoFile: protos.map(({ name, service, goPackage = "" }) => ({
      name,
      package: name.split("/").slice(0, -1).join("."),
      syntax: "proto3",
      options: { goPackage },
      service: [{ name: service }],
    })),
  });
  const { stdout, stderr } = spawnSync(process.execPath, [program], {
    input: toBinary(CodeGeneratorRequestSchema, request),
  });
  if (stdout.length === 0) {
    throw new Error(stderr.toString());
  }
  const { file } = fromBinary(CodeGeneratorResponseSchema, stdout);
  return Object.fromEntries(file.map(({ name, content }) => [name, content]));
}
