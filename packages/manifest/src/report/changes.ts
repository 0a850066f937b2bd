import type { Change, ChangeKind } from "../diff.js";

/** Titles of the kinds of changes, in the order they are shown. */
const TITLES: Readonly<Record<ChangeKind, string>> = {
  breaking: "Breaking",
  deprecated: "Deprecated",
  added: "Added",
  changed: "Changed",
};

const KINDS = Object.keys(TITLES) as ChangeKind[];

/** What is known of two manifests beside their changes. */
export interface Compared {
  /** Whether the digests of their modules differ. */
  readonly moduleChanged: boolean;
}

/** Shows changes as Markdown, a list of each kind. */
export function showChanges(changes: readonly Change[], { moduleChanged }: Compared): string {
  const parts = KINDS.flatMap((kind) => {
    const lines = changes
      .filter((change) => change.kind === kind)
      .map(({ service, method, message }) => {
        const name = method === undefined ? service : `${service}/${method}`;
        return `- \`${name}\`: ${message}`;
      });
    return lines.length === 0 ? [] : [`${TITLES[kind]}:\n\n${lines.join("\n")}\n`];
  });
  if (parts.length > 0) {
    return parts.join("\n");
  }
  return moduleChanged ? OPTIONS_CHANGED : "Nothing changed.\n";
}

const OPTIONS_CHANGED =
  "No service, method or message changed, but options did: the digest of the module differs. " +
  "What that breaks, buf breaking says.\n";

/** Reports changes as JSON. */
export function toJsonChanges(changes: readonly Change[], { moduleChanged }: Compared): string {
  const counts = Object.fromEntries(
    KINDS.map((kind) => [kind, changes.filter((change) => change.kind === kind).length]),
  );
  return `${JSON.stringify({ counts, moduleChanged, changes }, undefined, 2)}\n`;
}
