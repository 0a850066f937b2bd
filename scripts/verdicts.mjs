// @ts-check
// Where the suites leave their last verdicts, and what says of which sources a verdict is.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { isTest } from "./checks/layers.mjs";
import { listFiles } from "./checks/tree.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Folder of the last verdicts. Runs of lanes, which empty .results, leave it alone. */
export const VERDICTS = join(ROOT, ".cache", "verdicts");

const PYTHON = ["packages/sdk-python", "packages/core-proto/python"];

/**
 * The columns of the suites, as in adapters.yaml: an SDK with its adapter, and its stubs.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const COLUMNS = {
  ts: ["packages/sdk", "packages/core-proto/ts"],
  go: ["packages/sdk-go", "packages/core-proto/go", "packages/core-proto/policy-go"],
  "py-async": PYTHON,
  "py-sync": PYTHON,
};

/** What runs them, with what both are built with. */
const SUITE = [
  ".nvmrc",
  "go.work",
  "go.work.sum",
  "package.json",
  "packages/conformance",
  "packages/conformance-proto",
  "packages/fault-server",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "scripts",
  "tools",
  "tsconfig.base.json",
  "turbo.json",
];

/** What of them no run reads: API reports, checks, and what writes the stubs, which are there. */
const UNREAD = /^(packages\/sdk[^/]*\/api|scripts\/(checks|generate))\//;

/** The ids of the columns. */
export const COLUMN_IDS = Object.keys(COLUMNS);

/**
 * The digests of what the suites run on, by column: path and content of each file that is neither
 * test code nor documentation.
 *
 * @param {string} [root]
 * @returns {Promise<Record<string, string>>} SHA-256 in hex.
 */
export async function runDigests(root = ROOT) {
  const files = (await listFiles(root)).filter(
    (file) => !isTest(file) && !file.endsWith(".md") && !UNREAD.test(file),
  );
  /** @param {readonly string[]} places */
  const below = (places) =>
    files.filter((file) => places.some((place) => file === place || file.startsWith(`${place}/`)));
  const suite = digestOf(root, below(SUITE));
  return Object.fromEntries(
    Object.entries(COLUMNS).map(([column, places]) => [
      column,
      createHash("sha256")
        .update(`${column}\0`)
        .update(suite)
        .update(digestOf(root, below(places)))
        .digest("hex"),
    ]),
  );
}

/**
 * The file of the verdict of a suite on a column.
 *
 * @param {string} folder
 * @param {"matrix" | "official"} suite
 * @param {string} column
 */
export function verdictFile(folder, suite, column) {
  return join(folder, `${suite}.${column}.json`);
}

/**
 * @param {string} root
 * @param {readonly string[]} files
 */
function digestOf(root, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = createHash("sha256").update(readFileSync(join(root, file)));
    hash.update(`${file}\0${content.digest("hex")}\n`);
  }
  return hash.digest("hex");
}
