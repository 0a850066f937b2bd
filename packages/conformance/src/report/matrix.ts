import type { Report, ReportCase, Totals } from "./report_json.js";

/** Column of the matrix: an SDK in one layer, over one HTTP client, protocol and HTTP version. */
interface Column {
  readonly key: string;
  readonly sdk: string;
  readonly title: string;
}

/** Formats the matrix for a terminal: areas by columns, `passed/run` in each cell. */
export function showMatrix(report: Report): string {
  const columns = columnsOf(report.cases);
  const areas = [...new Set(report.cases.map(({ area }) => area))];
  const rows = areas.map((area) => [
    area,
    ...columns.map(({ key }) => showCounts(cellsIn(report.cases, { area, key }))),
  ]);
  const sums = ["all", ...columns.map(({ key }) => showCounts(cellsIn(report.cases, { key })))];
  const heads = [
    ["", ...columns.map(({ sdk }, i) => (columns[i - 1]?.sdk === sdk ? "" : sdk))],
    ["", ...columns.map(({ title }) => title)],
  ];
  return align([...heads, ...rows, sums]);
}

/** Formats the red combinations, with expected and seen values. */
export function showFailures(report: Report, most: number): string {
  const failed = report.cases.filter(({ verdict }) => verdict === "failed");
  const shown = failed.slice(0, most).map((one) => {
    const differences = one.differences.map(
      ({ step, what, expected, seen }) =>
        `    ${step}${what === "" ? "" : `, ${what}`}\n      expected  ${indent(expected)}\n      seen      ${indent(seen)}`,
    );
    return [`✗ ${one.name}`, `    ${where(one)}, ${one.file}`, ...differences].join("\n");
  });
  const more = failed.length - shown.length;
  if (more > 0) {
    shown.push(`… and ${more} more; -v shows all, --report <dir> writes them down`);
  }
  return [...shown, ...report.problems.map((problem) => `✗ ${problem}`)].join("\n");
}

/** Formats the last lines: counts by SDK. */
export function showTotals({ totals, versions, problems }: Report): string {
  const lines = Object.entries(totals).map(([sdk, counts]) => {
    const name = [sdk, versions[sdk] ?? ""].filter((part) => part !== "").join(" ");
    const { passed, failed, skipped, unable } = counts;
    const ran = `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`;
    return unable === 0 ? ran : `${ran}, ${unable} —`;
  });
  if (problems.length > 0) {
    lines.push(
      `${problems.length} ${problems.length === 1 ? "problem" : "problems"} beyond single cases`,
    );
  }
  return lines.join("\n");
}

function where({ sdk, layer, httpClient, entry, protocol, format, http }: ReportCase): string {
  const parts = [
    sdk,
    layer,
    httpClient,
    entry,
    protocol,
    format,
    http === "" ? "" : `http/${http}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function columnsOf(cases: readonly ReportCase[]): Column[] {
  const columns = new Map<string, Column>();
  for (const one of cases) {
    const key = columnKey(one);
    const title =
      one.entry === ""
        ? `${one.layer}, not run`
        : [one.layer, one.httpClient, one.protocol, one.http]
            .filter((part) => part !== "")
            .join("/");
    columns.set(key, { key, sdk: one.sdk, title });
  }
  return [...columns.values()].sort((a, b) => a.key.localeCompare(b.key));
}

function columnKey({ sdk, layer, httpClient, protocol, http }: ReportCase): string {
  return [sdk, layer, httpClient, protocol, http].join(" ");
}

function cellsIn(
  cases: readonly ReportCase[],
  { area, key }: { area?: string; key: string },
): Totals {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, unable: 0 };
  for (const one of cases) {
    if ((area === undefined || one.area === area) && columnKey(one) === key) {
      totals[one.verdict]++;
    }
  }
  return totals;
}

function showCounts({ passed, failed, skipped, unable }: Totals): string {
  if (passed + failed + skipped + unable === 0) {
    return "·";
  }
  const ran = passed + failed === 0 ? "" : `${passed}/${passed + failed}`;
  const left = skipped === 0 ? "" : `${skipped} skipped`;
  const cannot = unable === 0 ? "" : `${unable} —`;
  const text = [ran, left, cannot].filter((part) => part !== "").join(", ");
  return failed > 0 ? `${text} ✗` : text;
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function indent(text: string): string {
  return text.replaceAll("\n", "\n                ");
}
