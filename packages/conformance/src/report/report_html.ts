import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT_PAGE, PAGE } from "../common/folders.js";
import type { Report, ReportCase } from "./report_json.js";
import type { Entry } from "./timeline.js";

/** Makes the page for people: one file, no other resource, no network. */
export function renderHtml(report: Report): string {
  const parts: Readonly<Record<string, string>> = {
    style: readFileSync(join(PAGE, "page.css"), "utf8"),
    script: readFileSync(join(BUILT_PAGE, "page.js"), "utf8"),
    report: embed(report),
  };
  const page = readFileSync(join(PAGE, "page.html"), "utf8");
  // Each place holder is a comment or a string, so that formatters leave it alone.
  return page.replaceAll(
    /\/\* \{\{(\w+)\}\} \*\/|"\{\{(\w+)\}\}"/g,
    (_match, comment?: string, text?: string) => parts[comment ?? text ?? ""] ?? "",
  );
}

/** What the page is given: the report, without what it would hold many times over. */
interface PageData extends Omit<Report, "cases"> {
  /** What each case states, by its name. */
  readonly expected: Readonly<Record<string, readonly Entry[]>>;
  readonly cases: readonly PageCase[];
}

interface PageCase extends Omit<ReportCase, "timeline"> {
  /** Not there where the case passed and an earlier one of the SDK and layer did so, too. */
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

// Nothing in the data may end the element it stands in.
function embed(report: Report): string {
  return JSON.stringify(pageData(report)).replaceAll("<", String.raw`\u003c`);
}
