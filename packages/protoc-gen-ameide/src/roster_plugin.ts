import { create, createFileRegistry, protoInt64 } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { demandServices, isWithin, type Options, parseOptions, splitOptions } from "./options.js";
import { type RosterEntry, rosterOf } from "./roster.js";

/** One file that has the roster of a language. */
export interface RosterFile {
  /** Its path. */
  readonly name: string;
  /** Returns its text. */
  readonly content: (entries: readonly RosterEntry[]) => string;
}

/**
 * Creates a plugin that writes one file, the roster. It has to see all files at once
 * (`strategy: all`). Where it sees no service of the roster it writes nothing.
 *
 * @param name - Name of the plugin.
 */
export function rosterPlugin(name: string, { name: path, content }: RosterFile) {
  return {
    name,
    version: "v0.0.0",
    run(request: CodeGeneratorRequest): CodeGeneratorResponse {
      const options = parseOptions(splitOptions(request.parameter.split(",").filter(Boolean)));
      const services = servicesIn(request, options);
      // An input of several, which has none of them, is no roster's.
      if (services.length > 0) {
        const packages = services.map(({ file }) => file.proto.package);
        demandServices(options.roster, packages);
      }
      const entries = rosterOf(services, options.names);
      return create(CodeGeneratorResponseSchema, {
        supportedFeatures: protoInt64.parse(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
        file: entries.length === 0 ? [] : [{ name: path, content: content(entries) }],
      });
    },
  };
}

function servicesIn({ protoFile, fileToGenerate }: CodeGeneratorRequest, { roster }: Options) {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: protoFile }));
  return [...registry.files]
    .filter(({ proto }) => fileToGenerate.includes(proto.name) && isWithin(proto.package, roster))
    .flatMap((file) => file.services);
}
