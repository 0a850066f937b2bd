import type { Verdict } from "../check/check.js";

/** Reports a verdict as JSON. */
export function toJsonReport({ problems, ...compared }: Verdict): string {
  const verdict = problems.length === 0 ? "green" : "red";
  return `${JSON.stringify({ verdict, ...compared, problems }, undefined, 2)}\n`;
}
