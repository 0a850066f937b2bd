import { VERDICTS } from "@ameideio/scripts/verdicts.mjs";
import { runCli } from "./cli/cli.js";

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => process.exit(1));
  }
  process.exitCode = await runCli(process.argv.slice(2), { verdicts: VERDICTS });
}
