import type { Verdict } from "@ameideio/conformance-proto/ameide/parity/v1";
import { PAGE_STYLE } from "@ameideio/scripts/page_style.mjs";
import { columnsOf } from "../columns.js";
import type { Evidence } from "../evidence.js";
import { behaviors } from "./behaviors.js";
import { excused } from "./excused.js";
import { Html, html } from "./markup.js";
import { services } from "./services.js";
import { cellText, PARTS, redIn, verdictLine } from "./summary.js";
import { cell, row, table } from "./tables.js";

/** Renders the page for people: one file without a script, another resource or the network. */
export function renderPage(verdict: Verdict, evidence: Evidence): string {
  const tone = verdict.verdict === "pass" ? "passed" : "failed";
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>Parity</title>
        <style>
          ${new Html(PAGE_STYLE)} td.passed,
          summary.failed {
            white-space: nowrap;
          }
        </style>
      </head>
      <body>
        <main>
          <h1>Parity</h1>
          <p class="${tone}">${verdictLine(verdict)}</p>
          ${verdict.missing.map((line) => html`<p>${line}</p>`)} ${parts(verdict)}
          ${services(verdict, evidence)} ${behaviors(verdict, evidence)} ${excused(evidence)}
          ${digestTable(verdict)}
        </main>
      </body>
    </html>`;
  return `${markup}\n`;
}

function parts(verdict: Verdict): Html {
  const columns = columnsOf(verdict.sdks);
  // Those of single services and cases are in the tables below.
  const rows = (Object.keys(PARTS) as (keyof typeof PARTS)[]).map((part) =>
    row(
      html`${part} <span class="unable">${PARTS[part]}</span>`,
      columns.map((column) =>
        cell(
          cellText(verdict, part, column),
          redIn(verdict, part, column).filter(({ row: name }) => isAlone(part, name)),
        ),
      ),
    ),
  );
  return table("What is compared", ["", ...columns], rows);
}

function isAlone(part: string, name: string): boolean {
  return part === "official" || name === "" || name.includes("/api/");
}

function digestTable({ digests }: Verdict): Html {
  const {
    module = "",
    image = "",
    manifest = "",
    surfaces = {},
    api = {},
    runs = {},
  } = digests ?? {};
  const named = (what: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => [`${what} of ${name}`, value] as const);
  const all = [
    ["module", module],
    ["image", image],
    ["manifest", manifest],
    ...named("surface", surfaces),
    ...named("API reports", api),
    ...named("sources that suites run on,", runs),
  ] as const;
  const rows = all.map(([what, value]) => row(what, [html`<td><code>${value}</code></td>`]));
  return html`<footer>${table("Digests, SHA-256", ["of", "digest"], rows)}</footer>`;
}
