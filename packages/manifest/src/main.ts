import process from "node:process";
import { runCli } from "./cli/cli.js";
import type { Commands } from "./cli/command.js";

/** Runs the command line of this process and sets its exit code. */
export async function main(commands: Commands): Promise<void> {
  process.exitCode = await runCli(commands, process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    line: (text) => void process.stderr.write(`${text}\n`),
  });
}
