import type { Verdict } from "@ameideio/conformance-proto/ameide/parity/v1";
import { LANGUAGES, SDKS } from "@ameideio/manifest";
import { counted } from "../counted.js";
import type { Evidence } from "../evidence.js";
import { html, type Html } from "./markup.js";
import { cell, row, table } from "./tables.js";

/** Every service by SDK: that it exists as the protos say, and as it was pinned. */
export function services({ red, sdks }: Verdict, { parity }: Evidence): Html {
  const shown = SDKS.filter((sdk) => sdks.includes(sdk));
  const known = parity.manifest.services;
  const names = [...new Set([...known.map(({ name }) => name), ...extraRows(red, parity)])];
  const rows = names.map((name) => {
    const service = known.find((each) => each.name === name);
    const count = service?.methods.length ?? 0;
    const cells = shown.map((sdk) => {
      const wrong = red.filter(
        (each) => (each.sdk === sdk || each.sdk === "") && each.row.split("/")[0] === name,
      );
      const called = service?.names?.[LANGUAGES[sdk]] ?? "";
      return cell(
        wrong.length > 0 ? `✗ ${wrong.length} red` : `✓ ${called}, ${counted(count, "method")}`,
        wrong,
      );
    });
    return row(html`<code>${name}</code>`, cells);
  });
  return table("Services: what has to exist, and what does", ["service", ...shown], rows);
}

// What is extra has a row, too.
function extraRows(red: Verdict["red"], { manifest }: Evidence["parity"]): string[] {
  const names = red
    .filter(({ part, row: name }) => (part === "manifest" || part === "pins") && name !== "")
    .map(({ row: name }) => name)
    .filter((name) => !name.includes("/api/"))
    .map((name) => name.split("/")[0] ?? name);
  return names.filter((name) => !manifest.services.some((service) => service.name === name));
}
