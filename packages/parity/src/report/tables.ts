import type { Cell } from "@ameideio/conformance-proto/ameide/parity/v1";
import { html, type Html, type Part } from "./markup.js";

/** A table in a frame that scrolls by itself. */
export function table(caption: string, heads: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** One row of a table. */
export function row(head: Part, cells: readonly Html[]): Html {
  return html`<tr>
    <th scope="row">${head}</th>
    ${cells}
  </tr>`;
}

/** One cell, with what is red in it, open. */
export function cell(text: string, red: readonly Cell[]): Html {
  if (red.length === 0) {
    return html`<td class="${text.startsWith("✓") ? "passed" : "unable"}">${text}</td>`;
  }
  return html`<td>
    <details open>
      <summary class="failed">${text}</summary>
      ${red.map(message)}
    </details>
  </td>`;
}

// What an adapter wrote may be long: the first line tells.
function message({ row: name, message: text }: Cell): Html {
  const [line = "", ...rest] = [name, text]
    .filter((part) => part !== "")
    .join(": ")
    .split("\n");
  return rest.length === 0
    ? html`<pre>${line}</pre>`
    : html`<details>
        <summary><code>${line}</code></summary>
        <pre>${rest.join("\n")}</pre>
      </details>`;
}
