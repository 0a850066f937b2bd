import type { Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { buildInspector, inspect } from "./inspect/inspect.js";
import type { Sdk } from "./sdks.js";

/** Surfaces, and the SDKs that have none here. */
export interface Taken {
  readonly surfaces: Surface[];
  /** What to install for the others, a line each. */
  readonly missing: string[];
}

/**
 * Takes the surfaces of SDKs, all at the same time.
 *
 * @throws UserError with what the inspector of an SDK said, if it failed.
 */
export async function takeSurfaces(sdks: readonly Sdk[]): Promise<Taken> {
  const taken = await Promise.all(sdks.map(takeSurface));
  return {
    surfaces: taken.flatMap((each) => (typeof each === "string" ? [] : [each])),
    missing: taken.filter((each) => typeof each === "string"),
  };
}

/** The surface of an SDK, or what to install for it. */
async function takeSurface(sdk: Sdk): Promise<Surface | string> {
  try {
    const inspection = await inspect(sdk, await buildInspector(sdk));
    // Loaded while the inspector works.
    return (await import("./surface.js")).surfaceOf(inspection);
  } catch (reason) {
    if (!(reason instanceof MissingTool)) {
      throw reason;
    }
    return `${sdk} is not looked at: ${reason.message}`;
  }
}
