import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromJsonString } from "@bufbuild/protobuf";
import type { Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { type Pins, PinsSchema, SdkPinsSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { type Sdk, SDKS, sha256, toCanonicalJson, UserError } from "@ameideio/manifest";
import { serviceDigests } from "./service_digests.js";
import { SCHEMA } from "./schema.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The file of the pins. */
export const PINS = join(ROOT, "packages/parity/pins.json");

/** The folder of each SDK's API reports, from the root. */
const API: Readonly<Record<Sdk, string>> = {
  ts: "packages/sdk/api",
  go: "packages/sdk-go/api",
  python: "packages/sdk-python/api",
};

/** SHA-256 of each API report, by its path, by SDK. */
export type ApiReports = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Reads the API reports of SDKs as they are committed; `pnpm check api-report` proves them current. */
export function apiReports(sdks: readonly string[]): ApiReports {
  const some = SDKS.filter((sdk) => sdks.includes(sdk));
  return Object.fromEntries(
    some.map((sdk) => [
      sdk,
      Object.fromEntries(
        readdirSync(join(ROOT, API[sdk]))
          .toSorted()
          .map((name) => [`${API[sdk]}/${name}`, sha256(readFileSync(join(ROOT, API[sdk], name)))]),
      ),
    ]),
  );
}

/**
 * Reads the pins; none where there is no file.
 *
 * @throws UserError if the file cannot be read.
 */
export function readPins(path = PINS): Pins {
  if (!existsSync(path)) {
    return create(PinsSchema, { schema: SCHEMA });
  }
  try {
    return fromJsonString(PinsSchema, readFileSync(path, "utf8"));
  } catch (reason) {
    throw new UserError(`${path} cannot be read: ${(reason as Error).message}`);
  }
}

/** Pins what SDKs have; the pins of the others stay. */
export function pinned(pins: Pins, surfaces: readonly Surface[], api: ApiReports): Pins {
  const sdks = surfaces.map((surface) => [
    surface.sdk,
    create(SdkPinsSchema, {
      services: serviceDigests(surface),
      api: api[surface.sdk] ?? {},
    }),
  ]);
  return create(PinsSchema, {
    schema: SCHEMA,
    sdks: { ...pins.sdks, ...Object.fromEntries(sdks) },
  });
}

/** Writes the pins. */
export function writePins(pins: Pins, path = PINS): void {
  writeFileSync(path, toCanonicalJson(PinsSchema, pins));
}
