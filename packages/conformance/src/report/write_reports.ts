import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderHtml } from "./report_html.js";
import type { Report } from "./report_json.js";

/** Writes `report.json` and `report.html` into a folder, which is created if needed. */
export async function writeReports(folder: string, report: Report): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "report.json"), `${JSON.stringify(report)}\n`);
  await writeFile(join(folder, "report.html"), renderHtml(report));
}
