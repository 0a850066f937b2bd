import { readImage as readOurImage } from "@ameideio/core-proto/image";
import {
  type Manifest,
  ManifestSchema,
  type Surface,
  SurfaceSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { sha256, toCanonicalJson } from "./canonical.js";
import { check, type Verdict } from "./check/check.js";
import { manifestOf } from "./emit.js";
import { readImage } from "./image.js";
import { SDKS } from "./sdks.js";
import { type Taken, takeSurfaces } from "./take_surfaces.js";

/** Whether the SDKs of this repository have what its module says, and by what that is known. */
export interface Parity extends Verdict {
  /** What to install for the SDKs that were not looked at, a line each. */
  readonly missing: readonly string[];
  readonly manifest: Manifest;
  readonly surfaces: readonly Surface[];
  readonly digests: Digests;
}

/** SHA-256 of what was compared, in hex. */
export interface Digests {
  /** The module in its canonical form, as in the manifest. */
  readonly module: string;
  /** The bytes of the image. */
  readonly image: string;
  /** The manifest as canonical JSON. */
  readonly manifest: string;
  /** The surface of each SDK as canonical JSON, by id. */
  readonly surfaces: Readonly<Record<string, string>>;
}

/**
 * Compares the SDKs with the manifest of the image that their stubs are generated from.
 *
 * @param base - An older manifest, no name of which may disappear or change.
 * @throws UserError if an SDK could not be looked at.
 */
export async function parity(base?: Manifest): Promise<Parity> {
  return parityOf(await takeSurfaces(SDKS), base);
}

/** Compares surfaces with the manifest of our module. */
export function parityOf({ surfaces, missing }: Taken, base?: Manifest): Parity {
  const bytes = readOurImage();
  const manifest = manifestOf(readImage(bytes, "the image of core-proto"));
  return {
    ...check(manifest, surfaces, base),
    missing,
    manifest,
    surfaces,
    digests: {
      module: manifest.module?.sha256 ?? "",
      image: sha256(bytes),
      manifest: sha256(toCanonicalJson(ManifestSchema, manifest)),
      surfaces: Object.fromEntries(
        surfaces.map((surface) => [surface.sdk, sha256(toCanonicalJson(SurfaceSchema, surface))]),
      ),
    },
  };
}
