import type { ConnectError } from "@connectrpc/connect";
import { redact, summary } from "./bounded_text.js";
import type { Entries } from "./details.js";
import type { ErrorBounds } from "../policy/policy.js";

type Texts = Readonly<Record<string, string>>;

/**
 * Returns a list for printing: the first entries, and one of the same form that says how many more
 * there are. All entries have a `description`.
 */
export function printedList<T extends { readonly description: string }>(
  { first, count }: Entries<T>,
  bounds: ErrorBounds,
): Texts[] {
  const shown = first
    .slice(0, bounds.maxPrintedEntries)
    .map((entry) => printedTexts(Object.entries(entry), bounds));
  const [name = "description"] = Object.keys(first[0] ?? {});
  const more = count - shown.length;
  return more === 0 ? shown : [...shown, { [name]: "…", description: `${more} more` }];
}

/** Does the same for a map. */
export function printedMap(
  { first, count }: Entries<readonly [string, string]>,
  bounds: ErrorBounds,
): Texts {
  const shown = first.slice(0, bounds.maxPrintedEntries);
  const more = count - shown.length;
  return { ...printedTexts(shown, bounds), ...(more > 0 && { "…": `${more} more` }) };
}

/** Lists types and sizes of raw details, to show which were not read. */
export function printedDetails(
  details: ConnectError["details"],
  { maxPrintedEntries, maxPrintedTextBytes }: ErrorBounds,
  secrets: readonly string[],
): string[] {
  const shown = details
    .slice(0, maxPrintedEntries)
    .map((detail) =>
      "desc" in detail
        ? detail.desc.typeName
        : summary(
            redact(`${detail.value.length} bytes of ${detail.type}`, secrets),
            maxPrintedTextBytes,
          ),
    );
  const more = details.length - shown.length;
  return more === 0 ? shown : [...shown, `… ${more} more`];
}

function printedTexts(
  entries: readonly (readonly [string, string])[],
  { maxPrintedTextBytes }: ErrorBounds,
): Texts {
  const print = (text: string) => summary(text, maxPrintedTextBytes);
  return Object.fromEntries(entries.map(([name, text]) => [print(name), print(text)]));
}
