import { isGreen, type Verdict } from "../check/check.js";

/** Reports a verdict as JSON, with all that is known beside it. */
export function toJsonReport(verdict: Verdict): string {
  const { incomplete: _, ...known } = verdict;
  return `${JSON.stringify({ verdict: isGreen(verdict) ? "green" : "red", ...known }, undefined, 2)}\n`;
}
