import { create, type DescService } from "@bufbuild/protobuf";
import {
  type Manifest,
  ManifestSchema,
  NamesSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import {
  goMethodName,
  goServiceName,
  pythonMethodName,
  pythonServiceName,
} from "@ameideio/protoc-gen-ameide/names";
import type { Options } from "@ameideio/protoc-gen-ameide/options";
import { rosterOf } from "@ameideio/protoc-gen-ameide/roster";
import { describeService } from "./describe.js";
import { describeTypes } from "./describe_messages.js";
import { type Image, moduleOf, servicesOf } from "./image.js";
import { SCHEMA } from "./read.js";
import { UserError } from "./user_error.js";

/**
 * Derives the manifest of an image: every service that it has, imports apart.
 *
 * @param options - Those of the plugin that writes the roster. Default: every service, none named.
 * @throws UserError if it has no service, or services whose names clash.
 */
export function manifestOf(image: Image, options: Partial<Options> = {}): Manifest {
  const services = servicesOf(image, options.roster);
  if (services.length === 0) {
    throw new UserError(noService(image, options.roster));
  }
  const names = namesOf(services, options.names);
  return create(ManifestSchema, {
    schema: SCHEMA,
    module: moduleOf(image),
    services: services.map((service) => {
      const described = describeService(service);
      described.names = create(NamesSchema, names.get(service.typeName) ?? {});
      described.file = service.file.proto.name;
      described.goPackage = service.file.proto.options?.goPackage ?? "";
      const localNames = new Map(service.methods.map(({ name, localName }) => [name, localName]));
      for (const method of described.methods) {
        method.names = create(NamesSchema, {
          typescript: localNames.get(method.name) ?? "",
          go: goMethodName(method.name),
          python: pythonMethodName(method.name),
        });
      }
      return described;
    }),
    ...describeTypes(services),
  });
}

function noService(image: Image, packages: readonly string[] = []): string {
  const others = [...new Set(servicesOf(image).map(({ file }) => file.proto.package))];
  if (others.length === 0) {
    return "the image has no service: nothing would have to exist";
  }
  const which = packages.join(" and ");
  return `the image has no service in package ${which}; it has some in ${others.join(", ")}`;
}

// Names of every service, by full name.
function namesOf(services: readonly DescService[], stated?: ReadonlyMap<string, string>) {
  try {
    const entries = rosterOf(services, stated);
    return new Map(
      entries.map((entry) => [
        entry.service.typeName,
        { typescript: entry.name, go: goServiceName(entry), python: pythonServiceName(entry) },
      ]),
    );
  } catch (reason) {
    throw new UserError(reason instanceof Error ? reason.message : String(reason));
  }
}
