// @ts-check

/**
 * Escapes what a comment of a proto says, so that Markdown shows the same text. Code between backticks stays code.
 *
 * @param {string} text
 */
export function escapeText(text) {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replaceAll(/[\\*_[\]|~]/g, (sign) => `\\${sign}`)
            .replaceAll("&", "&amp;")
            .replaceAll("<", "&lt;")
            .replaceAll(">", "&gt;")
            .replaceAll(/^(\s*)(#|[-+](?=\s)|\d+(?=[.)]\s))/gm, (_, space, mark) =>
              /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
            ),
    )
    .join("");
}

/**
 * Makes a span of code of any text, as CommonMark does: the fence is longer than any inside.
 *
 * @param {string} text
 */
export function code(text) {
  const runs = text.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const pad = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

/**
 * A table. Cells are Markdown; line breaks in them become spaces.
 *
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** @param {string} text */
function cell(text) {
  return text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/(?<!\\)\|/g, "\\|")
    .trim();
}

/**
 * Gives headings the anchors that GitHub does, a page at a time.
 *
 * @returns {(heading: string) => string}
 */
export function anchors() {
  /** @type {Set<string>} */
  const taken = new Set();
  return (heading) => {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let copy = 1; taken.has(anchor); copy++) {
      anchor = `${slug}-${copy}`;
    }
    taken.add(anchor);
    return anchor;
  };
}
