/** Markup that is safe to write: only `html` makes it. */
export class Html {
  constructor(readonly markup: string) {}
}

/** What a template may hold. */
export type Part = Html | string | number | readonly Part[];

/** Makes markup of a template; every text and number in it is escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const rest = parts.map((part, i) => `${markupOf(part)}${strings[i + 1] ?? ""}`);
  return new Html(`${strings[0] ?? ""}${rest.join("")}`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function markupOf(part: Part): string {
  if (part instanceof Html) {
    return part.markup;
  }
  if (typeof part === "object") {
    return part.map(markupOf).join("");
  }
  return String(part).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
