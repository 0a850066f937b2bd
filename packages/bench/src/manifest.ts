import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environment } from "./children.js";
import type { ManifestResults } from "./results.js";

const execute = promisify(execFile);
const PROGRAM = fileURLToPath(import.meta.resolve("@ameideio/manifest/scale"));

/** Times the manifest's steps over a synthetic module, in a process of its own. */
export async function measureManifest(services = 1_000, methods = 10): Promise<ManifestResults> {
  const args = [PROGRAM, String(services), String(methods)];
  const { stdout } = await execute(process.execPath, args, { env: environment() });
  return JSON.parse(stdout) as ManifestResults;
}
