// @ts-check
import { join } from "node:path";

import { publint } from "publint";
import { formatMessage } from "publint/utils";

import { readManifest } from "../workspace.mjs";

/**
 * Lists publint's complaints about the built folder of a package that users install.
 *
 * @param {string} root
 * @param {string} directory
 * @returns {Promise<string[]>}
 */
export async function published(root, directory) {
  const folder = join(root, directory);
  const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });
  const manifest = /** @type {any} */ (readManifest(join(folder, "package.json")));
  return messages
    .filter(({ type }) => type !== "suggestion")
    .map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`);
}
