import { REQUIRE } from "./program/checks/require.js";
import { CHECKS } from "./program/run.js";
import type { Column } from "./matrix.js";

const BEGIN = "<!-- what works: written by `pnpm runtimes --write` -->";
const END = "<!-- end of what works -->";

/** Runtimes whose version is the one on the machine. */
const UNPINNED: readonly string[] = ["chromium"];

/**
 * Returns the working features in Markdown: a row per check, a column per runtime and entry, and
 * below the reasons for the others.
 *
 * @throws Error if a column was not seen, or a check is broken: no table may show that.
 */
export function tableOf(columns: readonly Column[]): string {
  const reasons: string[] = [];
  const rows = [...CHECKS, REQUIRE].map(({ id, title }) => {
    const cells = columns.map((column) => cell(column, id, reasons));
    return `| ${title} | ${cells.join(" | ")} |`;
  });
  return [
    `| | ${columns.map(head).join(" | ")} |`,
    `| --- |${" --- |".repeat(columns.length)}`,
    ...rows,
    "",
    ...reasons.map((why, i) => `${i + 1}. no: ${why}`),
  ].join("\n");
}

/** Returns the table of a page. @throws Error if it has none. */
export function tableIn(page: string): string {
  const { table } = cut(page);
  return table.trim();
}

/** The page with another table. */
export function withTable(page: string, table: string): string {
  const { before, after } = cut(page);
  return `${before}\n\n${table}\n\n${after}`;
}

function head({ runtime, entry, seen }: Column): string {
  const version = "version" in seen && !UNPINNED.includes(runtime.id) ? seen.version : "";
  return `\`/${entry}\`<br>${name(runtime.title, version)}`;
}

// "Node.js 20" and its version, 20.20.2, name the same thing twice.
function name(title: string, version: string): string {
  const [first = title] = title.split(" ");
  return version === "" ? title : `${first} ${version.replace(`${first} `, "")}`;
}

function cell({ runtime, entry, seen }: Column, id: string, reasons: string[]): string {
  const where = `${runtime.id} /${entry}`;
  if ("missing" in seen) {
    throw new Error(`${where} was not seen: ${seen.missing}`);
  }
  if ("crashed" in seen) {
    throw new Error(`${where} crashed`);
  }
  const outcome = seen.outcomes.find(({ check }) => check === id);
  if (outcome === undefined) {
    return "–";
  }
  if (outcome.result === "broken") {
    throw new Error(`${id} is broken on ${where}`);
  }
  if (outcome.result === "yes") {
    return "✓";
  }
  const known = reasons.indexOf(outcome.why);
  return `no <sup>${known < 0 ? reasons.push(outcome.why) : known + 1}</sup>`;
}

function cut(page: string): { before: string; table: string; after: string } {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new Error(`the page has no lines ${BEGIN} and ${END}`);
  }
  return {
    before: page.slice(0, begin + BEGIN.length),
    table: page.slice(begin + BEGIN.length, end),
    after: page.slice(end),
  };
}
