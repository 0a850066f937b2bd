import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { remoteSdk } from "./remote_sdk.js";
import type { Sdk } from "./sdks.js";

/** A language beside TypeScript whose SDK is shown. */
export interface Language {
  /** `Go` */
  readonly name: string;
  /** Builds its program, in the root of the repository; exit code 3 says what to install. */
  readonly build: readonly [string, ...string[]];
  /** The program, relative to the root. */
  readonly program: string;
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
    program: "packages/sdk-go/dist/demo",
  },
];

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const EXIT_MISSING = 3;

/** The SDKs that can be shown here, and a line for each that cannot. */
export interface Others {
  readonly sdks: readonly Sdk[];
  readonly leftOut: readonly string[];
}

/**
 * Builds the programs of the languages.
 *
 * @throws Error with what the build said, when it failed.
 */
export async function otherSdks(languages: readonly Language[] = LANGUAGES): Promise<Others> {
  const sdks: Sdk[] = [];
  const leftOut: string[] = [];
  for (const { name, build, program } of languages) {
    const missing = await built(build);
    if (missing === undefined) {
      sdks.push(remoteSdk(name, [`${ROOT}${program}`]));
    } else {
      leftOut.push(`${name} is left out: ${missing}`);
    }
  }
  return { sdks, leftOut };
}

// What to install, where that is why it cannot be built.
function built([program, ...args]: readonly [string, ...string[]]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: ROOT }, (error, _stdout, stderr) => {
      if (error === null) {
        resolve(undefined);
      } else if (error.code === EXIT_MISSING) {
        resolve(stderr.trim());
      } else {
        reject(new Error(stderr.trim() || error.message, { cause: error }));
      }
    });
  });
}
