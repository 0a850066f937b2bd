import type { Change, ChangeKind } from "../diff.js";

/** Titles of the kinds of changes, in the order they are shown. */
const TITLES: Readonly<Record<ChangeKind, string>> = {
  breaking: "Breaking",
  deprecated: "Deprecated",
  added: "Added",
  changed: "Changed",
};

const KINDS = Object.keys(TITLES) as ChangeKind[];

/** Shows changes as Markdown, a list of each kind. */
export function showChanges(changes: readonly Change[]): string {
  const parts = KINDS.flatMap((kind) => {
    const lines = changes
      .filter((change) => change.kind === kind)
      .map(({ service, method, message }) => {
        const name = method === undefined ? service : `${service}/${method}`;
        return `- \`${name}\`: ${message}`;
      });
    return lines.length === 0 ? [] : [`${TITLES[kind]}:\n\n${lines.join("\n")}\n`];
  });
  return parts.length === 0 ? "Nothing changed.\n" : parts.join("\n");
}

/** Reports changes as JSON. */
export function toJsonChanges(changes: readonly Change[]): string {
  const counts = Object.fromEntries(
    KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length]),
  );
  return `${JSON.stringify({ counts, changes }, undefined, 2)}\n`;
}
