import { cp, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const LEFT_OUT = new Set([".git", ".cache", ".turbo", ".venv", ".results", "dist"]);

/**
 * Copies the repository as it is, without what is built, into a temporary folder whose packages find each
 * other there, and all others' where they are installed.
 */
export async function copyRepository(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "ameide-copy-"));
  await cp(ROOT, copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) =>
      !LEFT_OUT.has(basename(source)) && relative(ROOT, source) !== "node_modules",
  });
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}
