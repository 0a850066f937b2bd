import type { Excused } from "@ameideio/conformance-proto/ameide/parity/v1";
import { type Column, columnsOf } from "../columns.js";
import type { Evidence } from "../evidence.js";
import { html, type Html } from "./markup.js";

/** What is neither green nor red, and why. */
export function excused({ parity, matrices }: Evidence): Html {
  const all = grouped(
    columnsOf(parity.sdks).flatMap((column) => byReason(column, matrices[column]?.excused ?? [])),
  );
  return html`<section>
    <h2>Neither green nor red</h2>
    <p>
      A case that is known to fail is in known_failing.yaml, with its reason and the day on which
      that ends. — is what a language cannot express: a call in it cannot be canceled, or a type
      cannot hold the value.
    </p>
    ${all.length === 0 ? html`<p>There is none.</p>` : all.map(showGroup)}
  </section>`;
}

interface Group {
  readonly columns: readonly Column[];
  readonly verdict: string;
  readonly reason: string;
  readonly cases: readonly string[];
}

function byReason(column: Column, cases: readonly Excused[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { case: name, verdict, reason } of cases) {
    const key = `${verdict} ${reason}`;
    const before = groups.get(key)?.cases ?? [];
    groups.set(key, { columns: [column], verdict, reason, cases: [...before, name] });
  }
  return [...groups.values()];
}

// What columns have in common is told once.
function grouped(groups: readonly Group[]): Group[] {
  const alike = new Map<string, Group>();
  for (const { columns, ...what } of groups) {
    const key = JSON.stringify(what);
    alike.set(key, { ...what, columns: [...(alike.get(key)?.columns ?? []), ...columns] });
  }
  return [...alike.values()];
}

function showGroup({ columns, verdict, reason, cases }: Group): Html {
  const mark = verdict === "skipped" ? "known to fail" : "—";
  return html`<details>
    <summary>${columns.join(", ")}: ${cases.length} ${mark}: ${reason}</summary>
    <pre>${cases.join("\n")}</pre>
  </details>`;
}
