import { REQUIRE } from "./checks/require.js";
import type { EntryPoint, Place } from "./place.js";
import { runChecks } from "./run.js";

/**
 * Runs the checks of an entry point in a runtime that has a command line: the place
 * comes in the environment, the outcomes go to stdout as the last line.
 */
export async function runCommand(entryPoint: EntryPoint): Promise<void> {
  const place = JSON.parse(process.env["RUNTIMES_PLACE"] ?? "null") as Place;
  process.stdout.write(`${JSON.stringify(await runChecks(entryPoint, place, [REQUIRE]))}\n`);
}
