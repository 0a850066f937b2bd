import type { Column } from "./columns.js";
import type { Evidence } from "./evidence.js";

/** The suites, with the command that makes a verdict of a column. */
export const SUITES = {
  matrix: { command: "conformance", option: "--sdk" },
  official: { command: "conformance:connect", option: "--client" },
} as const;

/** Id of a suite. */
export type Suite = keyof typeof SUITES;

/** Reports whether a verdict is of the sources of a column as they are. */
export function isOf({ runs }: Evidence, run: string, column: Column): boolean {
  return run !== "" && run === runs[column];
}

/** Says why the last verdict of a suite does not count, and what makes one that does. */
export function staleness(evidence: Evidence, suite: Suite, column: Column): string | undefined {
  const { matrices, officials } = evidence;
  const verdict = suite === "matrix" ? matrices[column] : officials[column];
  const { command, option } = SUITES[suite];
  const run = `npx -y pnpm@12.21.0 ${command} ${option} ${column}`;
  if (verdict === undefined) {
    return `there is no verdict: ${run}`;
  }
  if (!isOf(evidence, verdict.run, column)) {
    return `the last verdict is of other sources: ${run}`;
  }
  if ("whole" in verdict && !verdict.whole) {
    return `the last verdict is of some cases only: ${run}`;
  }
  return undefined;
}
