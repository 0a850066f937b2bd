import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { columnsOf } from "./columns.js";
import type { Evidence } from "./evidence.js";
import { staleness, type Suite, SUITES } from "./freshness.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Runs the suites on the columns that have no verdict on their sources as they are, one after the other.
 *
 * @param line - Told what is run, before it is.
 * @param start - Runs a script of the repository to its end. Default: as a process, whose output goes to
 *   standard error. Red is told by the verdict that it leaves.
 */
export async function runSuites(
  evidence: Evidence,
  line: (text: string) => void,
  start: (command: readonly string[]) => Promise<void> = startScript,
): Promise<void> {
  const due = (Object.keys(SUITES) as Suite[]).flatMap((suite) =>
    columnsOf(evidence.parity.sdks)
      .filter((column) => staleness(evidence, suite, column) !== undefined)
      .map((column) => [SUITES[suite].command, SUITES[suite].option, column]),
  );
  for (const [i, command] of due.entries()) {
    line(`${i + 1} of ${due.length}, minutes each: ${command.join(" ")}`);
    await start(command);
  }
}

function startScript([command = "", ...args]: readonly string[]): Promise<void> {
  const script = join(ROOT, "scripts", `${command.replace(":", "_")}.mjs`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: ROOT,
      stdio: ["ignore", process.stderr, "inherit"],
    });
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}
