import { create, createFileRegistry, protoInt64 } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { isWithin, parseOptions } from "./options.js";
import { rosterOf } from "./roster.js";
import { rosterGo } from "./roster_go.js";

/**
 * Writes `roster/roster.go`: package `roster`, a Connect client of every service
 * in one struct. The stubs are those of protoc-gen-connect-go, found by the
 * files' `go_package`.
 *
 * It has to see all files at once (`strategy: all`). Where it sees no service of
 * the roster it writes nothing.
 */
export const protocGenAmeideGo = {
  name: "protoc-gen-ameide-go",
  version: "v0.0.0",
  run(request: CodeGeneratorRequest): CodeGeneratorResponse {
    const entries = rosterOf(rosterServices(request));
    return create(CodeGeneratorResponseSchema, {
      supportedFeatures: protoInt64.parse(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
      file: entries.length === 0 ? [] : [{ name: "roster/roster.go", content: rosterGo(entries) }],
    });
  },
};

function rosterServices({ parameter, protoFile, fileToGenerate }: CodeGeneratorRequest) {
  const { roster } = parseOptions(optionsIn(parameter));
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: protoFile }));
  return [...registry.files]
    .filter(({ proto }) => fileToGenerate.includes(proto.name) && isWithin(proto.package, roster))
    .flatMap((file) => file.services);
}

function optionsIn(parameter: string): { key: string; value: string }[] {
  const options = parameter.split(",").filter((option) => option !== "");
  return options.map((option) => {
    const [key = "", ...value] = option.split("=");
    return { key, value: value.join("=") };
  });
}
