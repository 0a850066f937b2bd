import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Inspection } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { goBuild } from "@ameideio/scripts/go_build.mjs";
import { MissingTool, runScript } from "@ameideio/scripts/missing_tool.mjs";
import { pythonEnvironment } from "@ameideio/scripts/python_env.mjs";
import type { Sdk } from "../sdks.js";
import { FOR_A_SHORT_RUN } from "../short_run.js";
import { UserError } from "../user_error.js";

/** What is looked at, where that is not what the workspace has. */
export interface Inspected {
  /** TypeScript: folder of the built package. */
  readonly package?: string | undefined;
}

/** How an inspector is started. */
export type Inspector = readonly [program: string, ...args: string[]];

const room = fileURLToPath(new URL("../..", import.meta.url));
const ROOT = join(room, "../..");
const ENVIRONMENT = {
  // Python compiles modules once, whatever the environment says of that.
  PYTHONDONTWRITEBYTECODE: "",
  PYTHONPYCACHEPREFIX: join(ROOT, ".cache/pycache"),
  // Node.js reads these certificates as it starts; nothing is sent.
  NODE_EXTRA_CA_CERTS: undefined,
};

/**
 * Builds the inspector of an SDK: in Go its program, which links the SDK, in Python the environment.
 *
 * @param program - Go: where the program goes.
 * @throws MissingTool if the language is not installed.
 * @throws UserError with what its tools say, if they fail.
 */
export async function buildInspector(
  sdk: Sdk,
  program = join(room, "dist/inspector_go"),
): Promise<Inspector> {
  switch (sdk) {
    case "ts":
      return [
        process.execPath,
        FOR_A_SHORT_RUN,
        join(room, "dist/inspect/typescript/inspector.js"),
      ];
    case "go": {
      const stubs = "github.com/ameideio/ameide-core-proto-go/...";
      await told(sdk, goBuild("packages/manifest/go", program, stubs));
      return [program];
    }
    case "python": {
      const bin = await told(sdk, pythonEnvironment(ROOT));
      return [join(bin, "python"), join(room, "python/inspector.py")];
    }
  }
}

/**
 * Looks at an SDK, in a process of its own.
 *
 * @param inspector - Of the SDK, built.
 * @throws UserError with what the inspector said, if it failed.
 */
export async function inspect(
  sdk: Sdk,
  inspector: Inspector,
  { package: folder = sdkFolder() }: Inspected = {},
): Promise<Inspection> {
  const command = sdk === "ts" ? ([...inspector, resolve(folder)] as const) : inspector;
  const printed = await told(sdk, runScript(command, ROOT, ENVIRONMENT));
  // Loaded while the program works.
  return (await import("./inspection.js")).readInspection(printed);
}

function sdkFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve("@ameideio/ameide-sdk-ts/package.json")));
}

async function told<T>(sdk: Sdk, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (reason) {
    if (reason instanceof MissingTool || !(reason instanceof Error)) {
      throw reason;
    }
    throw new UserError(`the SDK ${sdk} could not be looked at: ${reason.message}`);
  }
}
