import type { PlannedFile } from "../init/plan_file.js";

/** Says what became of a file, in a line. */
export function stateLine({ path, state }: PlannedFile): string {
  return `${STATES[state](path)}\n`;
}

const STATES: Readonly<Record<PlannedFile["state"], (path: string) => string>> = {
  write: (path) => `wrote ${path}`,
  unchanged: (path) => `unchanged ${path}`,
  left: (path) => `left ${path} as it is, which is edited: with --force it is written anew`,
};
