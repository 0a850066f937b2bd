import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../user_error.js";

/** A file that is planned. */
export interface PlannedFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly text: string;
  /** What becomes of it: `left` is one that is there, and different. */
  readonly state: "write" | "unchanged" | "left";
}

/** Decides what becomes of a file that is there already. */
export type MayWrite = (there: string) => boolean;

/**
 * Plans a file.
 *
 * @param mayWrite - Whether one that is there, and different, is written anew.
 * @throws UserError if one is there that cannot be read.
 */
export async function planFile(
  folder: string,
  { path, text }: Pick<PlannedFile, "path" | "text">,
  mayWrite: MayWrite = () => true,
): Promise<PlannedFile> {
  const there = await textOf(join(folder, path));
  if (there === text || (there !== undefined && saysTheSame(path, there, text))) {
    return { path, text: there, state: "unchanged" };
  }
  return { path, text, state: there === undefined || mayWrite(there) ? "write" : "left" };
}

// However a formatter of JSON lays it out.
function saysTheSame(path: string, a: string, b: string): boolean {
  try {
    const [one, other] = [a, b].map((text) => JSON.stringify(JSON.parse(text)));
    return path.endsWith(".json") && one === other;
  } catch {
    return false;
  }
}

/**
 * Writes the files that are to be written.
 *
 * @throws UserError if one cannot be written.
 */
export async function writePlanned(folder: string, files: readonly PlannedFile[]): Promise<void> {
  for (const { path, text } of files.filter(({ state }) => state === "write")) {
    try {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    } catch (reason) {
      throw new UserError(`${path} cannot be written: ${String(reason)}`);
    }
  }
}

/** Returns the text of a file; undefined where it is not there. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw new UserError(`${path} cannot be read: ${String(reason)}`);
  }
}
