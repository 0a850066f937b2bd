import type { Difference } from "../compare/difference.js";
import type { CaseResult, SuiteResult } from "../run/run_suite.js";
import { type Entry, expectedTimeline, seenTimeline } from "./timeline.js";

/** Number of combinations by verdict. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  /** What the SDK's language cannot express. */
  unable: number;
}

/** One case in one combination, as in `report.json`. */
export interface ReportCase {
  readonly name: string;
  readonly area: string;
  /** File and line of the case. */
  readonly file: string;
  readonly sdk: string;
  readonly layer: string;
  /** Empty for the language's own. */
  readonly httpClient: string;
  /** Empty if the case did not get as far as a combination. */
  readonly entry: string;
  readonly protocol: string;
  readonly format: string;
  /** Empty in the memory layer. */
  readonly http: string;
  readonly verdict: CaseResult["verdict"];
  /** Reason for skipping it, or why it cannot be run. */
  readonly reason?: string;
  readonly differences: readonly Difference[];
  readonly timeline: { readonly expected: readonly Entry[]; readonly seen: readonly Entry[] };
}

/** Whole content of `report.json`. */
export interface Report {
  /** Counts by id of the SDK. */
  readonly totals: Readonly<Record<string, Totals>>;
  /** Versions by id of the SDK. */
  readonly versions: Readonly<Record<string, string>>;
  /** Problems beyond single cases. */
  readonly problems: readonly string[];
  readonly cases: readonly ReportCase[];
}

/** Creates the report of a run. */
export function makeReport({ results, problems, sdks }: SuiteResult): Report {
  const totals = Object.fromEntries(sdks.map(({ sdk }) => [sdk, count(results, sdk)]));
  const versions = Object.fromEntries(sdks.map(({ sdk, version }) => [sdk, version]));
  return { totals, versions, problems, cases: results.map(toReportCase) };
}

/** Reports whether all is green. */
export function isGreen({ totals, problems }: Report): boolean {
  return problems.length === 0 && Object.values(totals).every(({ failed }) => failed === 0);
}

/** Number of combinations that really ran. */
export function cellsRun({ totals }: Report): number {
  return Object.values(totals).reduce((sum, { passed, failed }) => sum + passed + failed, 0);
}

function count(results: readonly CaseResult[], sdk: string): Totals {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, unable: 0 };
  for (const result of results) {
    if (result.sdk === sdk) {
      totals[result.verdict]++;
    }
  }
  return totals;
}

function toReportCase(result: CaseResult): ReportCase {
  const { case: one, combination, reason, seen } = result;
  return {
    name: one.name,
    area: one.area,
    file: `${one.file}:${one.line}`,
    sdk: result.sdk,
    layer: one.json.layer === "LAYER_WIRE" ? "wire" : "memory",
    httpClient: combination?.httpClient ?? "",
    entry: combination?.entry ?? "",
    protocol: combination?.protocol ?? "",
    format: combination?.format ?? "",
    http: combination?.http ?? "",
    verdict: result.verdict,
    ...(reason === undefined ? {} : { reason }),
    differences: result.differences,
    timeline: {
      expected: expectedTimeline(one),
      seen: seen === undefined ? [] : seenTimeline(seen),
    },
  };
}
