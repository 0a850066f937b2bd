import { type DescMessage, fromJson, type JsonObject, type MessageShape } from "@bufbuild/protobuf";
import {
  type Manifest,
  ManifestSchema,
  type Service,
  type Surface,
  SurfaceSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { SDKS } from "./sdks.js";
import { demandUnique } from "./unique.js";
import { UserError } from "./user_error.js";

/** The schema of manifests and surfaces, with the one version that is known here. */
export const SCHEMA = "ameide.manifest.v1";

/**
 * Reads a manifest.
 *
 * @param name - What an error calls it.
 * @throws UserError if it is none, of another schema, has no service, or one or a method twice.
 */
export function readManifest(text: string, name: string): Manifest {
  const json = parse(text, { name, what: "manifest" });
  if ("sdk" in json) {
    throw new UserError(`${name} is the surface of an SDK, where a manifest is wanted`);
  }
  const manifest = decode(ManifestSchema, json, { name, what: "manifest" });
  demandEachOnce(manifest.services, name);
  if (manifest.services.length === 0) {
    throw new UserError(`${name} has no service: nothing would have to exist`);
  }
  return manifest;
}

/**
 * Reads the surface of an SDK.
 *
 * @param name - What an error calls it.
 * @throws UserError if it is none, of another schema, or has a service or a method twice.
 */
export function readSurface(text: string, name: string): Surface {
  const json = parse(text, { name, what: "surface" });
  if ("module" in json) {
    throw new UserError(`${name} is a manifest, where the surface of an SDK is wanted`);
  }
  const surface = decode(SurfaceSchema, json, { name, what: "surface" });
  if (!SDKS.some((sdk) => sdk === surface.sdk)) {
    const known = SDKS.join(", ");
    throw new UserError(
      `${name} is of the SDK "${surface.sdk}", which is unknown; known: ${known}`,
    );
  }
  demandEachOnce(surface.stubs, name);
  return surface;
}

// Of two of a name, one would be compared and the other passed over.
function demandEachOnce(services: readonly Service[], name: string): void {
  demandUnique(
    services.map((service) => service.name),
    `${name} has twice the service`,
  );
  for (const service of services) {
    demandUnique(
      service.methods.map((method) => `${service.name}/${method.name}`),
      `${name} has twice the method`,
    );
  }
}

interface Wanted {
  readonly name: string;
  readonly what: "manifest" | "surface";
}

function parse(text: string, { name, what }: Wanted): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${name} is no ${what}: it is not JSON; ${MAKE[what]}`);
  }
  const schema = typeof json === "object" && json !== null && "schema" in json && json.schema;
  if (typeof schema !== "string") {
    throw new UserError(`${name} is no ${what}: it states no schema; ${MAKE[what]}`);
  }
  if (schema !== SCHEMA) {
    const [, version] = /^ameide\.manifest\.v([1-9]\d*)$/.exec(schema) ?? [];
    throw new UserError(
      version === undefined
        ? `${name} has the schema "${schema}", which is unknown; known is ${SCHEMA}`
        : `${name} has the newer schema ${schema}; known here is ${SCHEMA}: use a newer ameide-manifest`,
    );
  }
  return json as JsonObject;
}

function decode<T extends DescMessage>(
  schema: T,
  json: JsonObject,
  { name, what }: Wanted,
): MessageShape<T> {
  try {
    return fromJson(schema, json);
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new UserError(`${name} is no ${what} of ${SCHEMA}: ${why}; ${MAKE[what]}`);
  }
}

const MAKE = {
  manifest: "make one with: ameide-manifest emit --image image.binpb",
  surface: "make one with: ameide-manifest surface --sdk ts",
} as const;
