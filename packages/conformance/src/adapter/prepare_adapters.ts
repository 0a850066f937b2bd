import { MissingTool, runScript } from "@ameideio/scripts/missing_tool.mjs";
import type { AdapterCommand } from "./adapter_process.js";

/** The adapters that can be started, and what is to be said of the others. */
export interface Prepared {
  readonly adapters: readonly AdapterCommand[];
  /** Those whose toolchain is not on this machine: a line each that says what to install. */
  readonly leftOut: readonly string[];
  /** Those that could not be built, and in CI those that are left out elsewhere. */
  readonly problems: readonly string[];
}

/**
 * Builds the adapters that have to be, one after the other.
 *
 * @param inCi - Whether a toolchain may not be missing.
 */
export async function prepareAdapters(
  adapters: readonly AdapterCommand[],
  inCi: boolean,
): Promise<Prepared> {
  const ready: AdapterCommand[] = [];
  const leftOut: string[] = [];
  const problems: string[] = [];
  for (const adapter of adapters) {
    try {
      if (adapter.build !== undefined) {
        await runScript(adapter.build, adapter.cwd);
      }
      ready.push(adapter);
    } catch (reason) {
      const why = reason instanceof Error ? reason.message : String(reason);
      if (!(reason instanceof MissingTool)) {
        problems.push(`${adapter.sdk}: its adapter could not be built:\n${why}`);
      } else if (inCi) {
        problems.push(`${adapter.sdk}: ${why}`);
      } else {
        leftOut.push(`${adapter.sdk} is left out: ${why}`);
      }
    }
  }
  return { adapters: ready, leftOut, problems };
}
