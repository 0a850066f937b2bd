import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { columnsOf } from "./columns.js";
import type { Evidence } from "./evidence.js";
import { staleness, type Suite, SUITES } from "./freshness.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Runs the suites on the columns that have no verdict on their sources as they are. What they print goes
 * to standard error.
 *
 * @param line - Told what is run, before it is.
 */
export async function runSuites(evidence: Evidence, line: (text: string) => void): Promise<void> {
  for (const suite of Object.keys(SUITES) as Suite[]) {
    const due = columnsOf(evidence.parity.sdks).filter(
      (column) => staleness(evidence, suite, column) !== undefined,
    );
    if (due.length > 0) {
      const { command, option } = SUITES[suite];
      line(`running ${command} for ${due.join(", ")}: minutes`);
      // Red is told by the verdict that the run leaves.
      await start([command, ...due.flatMap((column) => [option, column])]);
    }
  }
}

function start([command = "", ...args]: readonly string[]): Promise<void> {
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
