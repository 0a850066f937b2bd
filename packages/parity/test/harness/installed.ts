import { buildInspector, type Sdk } from "@ameideio/manifest";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";

/** Reports whether the language of an SDK is installed. In CI a test of it runs, and fails, if it is not. */
export async function installed(sdk: Sdk): Promise<boolean> {
  try {
    await buildInspector(sdk);
    return true;
  } catch (reason) {
    if (!(reason instanceof MissingTool)) {
      throw reason;
    }
    return inCi();
  }
}
