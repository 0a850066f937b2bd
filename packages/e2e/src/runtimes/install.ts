import { join } from "node:path";
import { exists, installPinned } from "../common/pinned_install.js";
import { PLATFORM, RUNTIMES } from "./runtimes.js";

/**
 * Makes sure that the runtimes of `packages/e2e/runtimes` are there, and gives their folder.
 *
 * @throws Error, in one line, when npm cannot, or left out one that there is for this platform.
 */
export function installRuntimes(): Promise<string> {
  return installPinned("runtimes", firstMissing);
}

// npm treats them as optional, for the sake of other platforms: it goes on without those it cannot
// get.
async function firstMissing(modules: string): Promise<string | undefined> {
  for (const { title, programs } of RUNTIMES) {
    const path = programs?.[PLATFORM];
    if (path !== undefined && !(await exists(join(modules, path)))) {
      return title;
    }
  }
  return undefined;
}
