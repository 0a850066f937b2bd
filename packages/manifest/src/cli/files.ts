import { readFile, writeFile } from "node:fs/promises";
import { UserError } from "../user_error.js";

/**
 * Reads a file.
 *
 * @throws UserError if it cannot be read.
 */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (reason) {
    throw new UserError(`${path} cannot be read: ${why(reason)}`);
  }
}

/**
 * Reads a file of text, in UTF-8.
 *
 * @throws UserError if it cannot be read.
 */
export async function readText(path: string): Promise<string> {
  return (await readBytes(path)).toString("utf8");
}

/**
 * Writes a file.
 *
 * @throws UserError if it cannot be written.
 */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (reason) {
    throw new UserError(`${path} cannot be written: ${why(reason)}`);
  }
}

function why(reason: unknown): string {
  const code = (reason as NodeJS.ErrnoException).code;
  return code === "ENOENT" ? "there is no such file or folder" : (code ?? String(reason));
}
