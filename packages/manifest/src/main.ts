import process from "node:process";
import { runCli } from "./cli/cli.js";

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    line: (text) => void process.stderr.write(`${text}\n`),
  });
}
