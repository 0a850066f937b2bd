import { compare, type Comparison, isAsStated } from "./compare.js";
import { FAULTS } from "./faults/index.js";
import type { Others } from "./languages.js";
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
  /** `typical`, `ameide`, or a language. */
  readonly sdk: string;
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
export async function printJson(write: (text: string) => void, { sdks }: Others): Promise<boolean> {
  const comparisons: Comparison[] = [];
  for (const fault of FAULTS) {
    comparisons.push(await compare(fault, sdks));
  }
  const report = toReport(comparisons);
  write(`${JSON.stringify(report)}\n`);
  return report.verdict === "pass";
}

/** The comparisons as plain data. */
export function toReport(comparisons: readonly Comparison[]): Report {
  const passed = comparisons.every(isAsStated);
  return { verdict: passed ? "pass" : "fail", calls: comparisons.flatMap(reportedCalls) };
}

function reportedCalls(comparison: Comparison): ReportedCall[] {
  const { fault, typical, ameide, deviations, others } = comparison;
  const trials = [
    { trial: typical, deviations: [] },
    { trial: ameide, deviations },
    ...others.map((other) => ({
      trial: other.trial,
      deviations: [
        ...other.deviations,
        ...(other.difference === undefined ? [] : [`differs: ${other.difference}`]),
      ],
    })),
  ];
  return trials.map(({ trial, deviations: own }) => ({
    fault: fault.id,
    sdk: trial.sdk,
    outcome: trial.outcome,
    stopReason: trial.stopReason ?? null,
    durationMs: Math.round(trial.durationMs),
    attempts: trial.attempts,
    server: trial.server,
    deviations: own,
  }));
}
