import process from "node:process";
import { runCli } from "./cli/cli.js";
import type { Commands } from "./cli/command.js";

/** Runs the command line of this process and sets its exit code. */
export async function main(commands: Commands): Promise<void> {
  // A reader of the first lines, as head is, has what it wants; the exit code stays what it is.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") {
      throw error;
    }
  });
  // The programs that look at SDKs end with this one; a signal alone would leave them running.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => process.exit(1));
  }
  process.exitCode = await runCli(commands, process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    line: (text) => void process.stderr.write(`${text}\n`),
  });
}
