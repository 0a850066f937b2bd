import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { globToRegExp, matchesCase } from "./glob.js";
import type { LoadedCase } from "./load_file.js";

/** Cases that need not be green yet. */
export interface Skip {
  /** Globs over names and ids. */
  readonly cases: readonly string[];
  /** A glob over the ids of SDKs. */
  readonly sdk: string;
  readonly reason: string;
  /** Last day of validity: `2027-03-31`. */
  readonly expires: string;
}

/** Known exceptions, and the number of cases. */
export interface KnownFailing {
  /** Number of cases of the suite; undefined if it is not pinned. */
  readonly caseCount: number | undefined;
  readonly skips: readonly Skip[];
}

export const NONE_KNOWN: KnownFailing = { caseCount: undefined, skips: [] };

/**
 * Reads known_failing.yaml.
 *
 * @returns Its content, and its problems.
 */
export function loadKnownFailing(
  path: string,
  today: Date = new Date(),
): { knownFailing: KnownFailing; problems: string[] } {
  if (!existsSync(path)) {
    return { knownFailing: NONE_KNOWN, problems: [] };
  }
  return parseKnownFailing(readFileSync(path, "utf8"), path, today);
}

/** Parses the same from its text. */
export function parseKnownFailing(
  text: string,
  file: string,
  today: Date,
): { knownFailing: KnownFailing; problems: string[] } {
  const problems: string[] = [];
  const raw: unknown = parse(text) ?? {};
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return { knownFailing: NONE_KNOWN, problems: [`${file}: must be an object`] };
  }
  const { case_count: caseCount, skips = [], ...unknown } = raw as Record<string, unknown>;
  for (const key of Object.keys(unknown)) {
    problems.push(`${file}: unknown key ${key}`);
  }
  if (caseCount !== undefined && !Number.isInteger(caseCount)) {
    problems.push(`${file}: case_count must be a whole number`);
  }
  if (!Array.isArray(skips)) {
    return { knownFailing: NONE_KNOWN, problems: [...problems, `${file}: skips must be a list`] };
  }
  const good = skips.flatMap((line: unknown, i) => {
    const where = `${file}: skips[${i}]`;
    const wrong = lineProblems(line, today);
    problems.push(...wrong.map((problem) => `${where}: ${problem}`));
    return wrong.length > 0 ? [] : [toSkip(line as Record<string, string>)];
  });
  return { knownFailing: { caseCount: caseCount as number | undefined, skips: good }, problems };
}

function lineProblems(line: unknown, today: Date): string[] {
  if (typeof line !== "object" || line === null) {
    return ["must be an object"];
  }
  const problems = Object.keys(line)
    .filter((key) => !["cases", "sdk", "reason", "expires"].includes(key))
    .map((key) => `unknown key ${key}`);
  const values = line as Record<string, unknown>;
  for (const key of ["cases", "sdk", "reason", "expires"]) {
    const value = values[key];
    if (typeof value !== "string" || value.trim() === "") {
      problems.push(`${key} must be a text`);
    }
  }
  const { expires } = values;
  if (typeof expires !== "string") {
    return problems;
  }
  if (!/^\d{4}-\d\d-\d\d$/.test(expires) || Number.isNaN(Date.parse(expires))) {
    problems.push("expires must be a day, like 2027-03-31");
  } else if (today.toISOString().slice(0, 10) > expires) {
    problems.push(`expired on ${expires}`);
  }
  return problems;
}

function toSkip({ cases = "", sdk = "", reason = "", expires = "" }: Record<string, string>): Skip {
  return { cases: cases.split(",").map((glob) => glob.trim()), sdk, reason, expires };
}

/** Returns the line that covers a case of an SDK. */
export function skipOf(knownFailing: KnownFailing, one: LoadedCase, sdk: string): Skip | undefined {
  return knownFailing.skips.find(
    (skip) => globToRegExp(skip.sdk).test(sdk) && skip.cases.some((glob) => matchesCase(glob, one)),
  );
}

/** Lists patterns that match no case or no SDK, and a wrong count of cases. */
export function knownFailingProblems(
  knownFailing: KnownFailing,
  cases: readonly LoadedCase[],
  sdks: readonly string[],
): string[] {
  const problems = knownFailing.skips.flatMap((skip) => [
    ...skip.cases
      .filter((glob) => !cases.some((one) => matchesCase(glob, one)))
      .map((glob) => `known_failing: no case matches ${glob}`),
    ...(sdks.some((sdk) => globToRegExp(skip.sdk).test(sdk))
      ? []
      : [`known_failing: no SDK matches ${skip.sdk}`]),
  ]);
  if (knownFailing.caseCount !== undefined && knownFailing.caseCount !== cases.length) {
    problems.push(
      `known_failing: case_count is ${knownFailing.caseCount}, but there are ${cases.length} cases; a case was lost, or the count has to follow`,
    );
  }
  return problems;
}
