import { fileURLToPath } from "node:url";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool, runScript } from "@ameideio/scripts/missing_tool.mjs";
import { remoteSdk } from "./remote_sdk.js";
import type { Sdk } from "./sdks.js";

/** A language beside TypeScript whose SDK is shown. */
export interface Language {
  /** `Go` */
  readonly name: string;
  /** Builds its program, in the root of the repository; exit code 3 says what to install. */
  readonly build: readonly [string, ...string[]];
  /** The program, and what it is given: files, relative to the root. */
  readonly program: readonly [string, ...string[]];
}

/** Every language that has an SDK beside TypeScript. */
export const LANGUAGES: readonly Language[] = [
  {
    name: "Go",
    build: [
      "node",
      "scripts/go_build.mjs",
      "packages/sdk-go/conformance/demo",
      "packages/sdk-go/dist/demo",
    ],
    program: ["packages/sdk-go/dist/demo"],
  },
  {
    name: "Python",
    build: ["node", "scripts/python_env.mjs"],
    program: [".cache/venv/bin/python", "packages/sdk-python/conformance/demo/main.py"],
  },
];

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** The SDKs that can be shown here, and a line for each that cannot. */
export interface Others {
  readonly sdks: readonly Sdk[];
  readonly leftOut: readonly string[];
}

/**
 * Builds the programs of the languages.
 *
 * @param mayLack - Whether a language that is not on this machine is left out. Default: not in CI.
 * @throws MissingTool that says what to install, where none may lack.
 * @throws Error with what the build said, when it failed.
 */
export async function otherSdks(
  languages: readonly Language[] = LANGUAGES,
  mayLack = !inCi(),
): Promise<Others> {
  const sdks: Sdk[] = [];
  const leftOut: string[] = [];
  for (const { name, build, program } of languages) {
    try {
      await runScript(build);
      const [path, ...files] = program;
      sdks.push(remoteSdk(name, [ROOT + path, ...files.map((file) => ROOT + file)]));
    } catch (reason) {
      if (!(reason instanceof MissingTool) || !mayLack) {
        throw reason;
      }
      leftOut.push(`${name} is left out: ${reason.message}`);
    }
  }
  return { sdks, leftOut };
}
