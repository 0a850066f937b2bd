import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PAGE_STYLE } from "@ameideio/scripts/page_style.mjs";
import { BUILT_PAGE, PAGE } from "../common/folders.js";
import type { Report, ReportCase } from "./report_json.js";
import type { Entry } from "./timeline.js";

/** Renders the page for people: one file, no other resource, no network. */
export function renderHtml(report: Report): string {
  const parts: Readonly<Record<string, string>> = {
    style: `${PAGE_STYLE}\n${readFileSync(join(PAGE, "page.css"), "utf8")}`,
    script: readFileSync(join(BUILT_PAGE, "page.js"), "utf8"),
    report: embed(report),
  };
  const page = readFileSync(join(PAGE, "page.html"), "utf8");
  // Each placeholder is a comment or a string, so that formatters leave it alone.
  return page.replaceAll(
    /\/\* \{\{(\w+)\}\} \*\/|"\{\{(\w+)\}\}"/g,
    (_match, comment?: string, text?: string) => parts[comment ?? text ?? ""] ?? "",
  );
}

/** Data of the page: the report, without parts that would repeat many times. */
interface PageData extends Omit<Report, "cases"> {
  /** Statements of each case, by its name. */
  readonly expected: Readonly<Record<string, readonly Entry[]>>;
  readonly cases: readonly PageCase[];
}

interface PageCase extends Omit<ReportCase, "timeline"> {
  /** Absent if the case passed and an earlier one of the SDK and layer passed too. */
  readonly seen?: readonly Entry[];
}

function pageData({ cases, ...rest }: Report): PageData {
  const shown = new Set<string>();
  return {
    ...rest,
    expected: Object.fromEntries(cases.map(({ name, timeline }) => [name, timeline.expected])),
    cases: cases.map(({ timeline, ...one }) => {
      const key = JSON.stringify([one.name, one.sdk, one.layer]);
      if (one.verdict === "passed" && shown.has(key)) {
        return one;
      }
      if (one.verdict === "passed") {
        shown.add(key);
      }
      return { ...one, seen: timeline.seen };
    }),
  };
}

// The data must not end the element that holds it.
function embed(report: Report): string {
  return JSON.stringify(pageData(report)).replaceAll("<", String.raw`\u003c`);
}
