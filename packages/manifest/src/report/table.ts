import { isGreen, type Verdict } from "../check/check.js";
import type { Problem } from "../check/problem.js";

/** Shows what is wrong as a table, and a line that says whether anything is. */
export function showTable(verdict: Verdict): string {
  const { problems } = verdict;
  const rows = [HEAD, ...problems.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const table = problems.length === 0 ? "" : `${lines.join("\n")}\n\n`;
  return `${table}${verdictLine(verdict)}\n`;
}

/** Says in one line whether anything is wrong. */
export function verdictLine(verdict: Verdict): string {
  const { services, methods, sdks, problems } = verdict;
  const compared = `${services} services, ${methods} methods`;
  if (isGreen(verdict)) {
    return `verdict: green, ${compared}, alike in ${sdks.join(", ")}`;
  }
  if (problems.length === 0) {
    return `verdict: red, alike in ${sdks.join(", ")} alone (${compared})`;
  }
  const red = [...new Set(problems.map(({ sdk = "manifest" }) => sdk))];
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return `verdict: red, ${count} in ${red.join(", ")} (${compared})`;
}

const HEAD = ["sdk", "service", "method", "problem", "where", "what"];

function cellsOf({ sdk = "", service, method = "", rule, where, message }: Problem): string[] {
  return [sdk, service, method, rule.replaceAll("-", " "), where.join(", "), message];
}
