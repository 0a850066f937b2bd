import type { Comparison } from "./compare.js";
import { compare } from "./compare.js";
import { FAULTS } from "./faults/index.js";
import type { WireAttempt } from "./wire.js";
import type { ServerCounts } from "./world.js";

/** Output of `--json`. */
export interface Report {
  readonly verdict: "pass" | "fail";
  readonly calls: readonly ReportedCall[];
}

/** One fault with one SDK. */
export interface ReportedCall {
  readonly fault: string;
  readonly sdk: "typical" | "ameide";
  /** `ok`, a code in Connect's spelling, or `pending`. */
  readonly outcome: string;
  /** Why the SDK did not try again; null if it did, or does not say. */
  readonly stopReason: string | null;
  readonly durationMs: number;
  /** Every request on the wire but those for tokens. */
  readonly attempts: readonly WireAttempt[];
  readonly server: ServerCounts;
  /** Deviations from the contract; always empty for `typical`. */
  readonly deviations: readonly string[];
}

/** Runs everything and prints one JSON document. */
export async function printJson(write: (text: string) => void): Promise<boolean> {
  const comparisons: Comparison[] = [];
  for (const fault of FAULTS) {
    comparisons.push(await compare(fault));
  }
  const report = toReport(comparisons);
  write(`${JSON.stringify(report)}\n`);
  return report.verdict === "pass";
}

/** The comparisons as plain data. */
export function toReport(comparisons: readonly Comparison[]): Report {
  const passed = comparisons.every(({ deviations }) => deviations.length === 0);
  return { verdict: passed ? "pass" : "fail", calls: comparisons.flatMap(reportedCalls) };
}

function reportedCalls({ fault, typical, ameide, deviations }: Comparison): ReportedCall[] {
  return [typical, ameide].map((trial) => ({
    fault: fault.id,
    sdk: trial.sdk,
    outcome: trial.outcome,
    stopReason: trial.stopReason ?? null,
    durationMs: Math.round(trial.durationMs),
    attempts: trial.attempts,
    server: trial.server,
    deviations: trial === ameide ? deviations : [],
  }));
}
