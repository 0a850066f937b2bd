import { readFileSync } from "node:fs";

const BEHAVIOUR = new URL("../../../docs/behaviour.md", import.meta.url);

/** A section of the specification. */
export interface Section {
  /** `3 Which failures are tried again`. */
  readonly title: string;
  /** Folders of the cases that prove it. */
  readonly areas: readonly string[];
}

/** Reads the table of sections; `pnpm check sections` holds it. */
export function sections(): Section[] {
  const rows = readFileSync(BEHAVIOUR, "utf8").matchAll(/^\| (\d+) \[(.*?)\].*? \| (.*?) ?\|$/gm);
  return [...rows].map(([, number = "", title = "", areas = ""]) => ({
    title: `${number} ${title}`,
    areas: areas.split(", ").filter((area) => area !== ""),
  }));
}
