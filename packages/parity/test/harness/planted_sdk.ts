import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { runScript } from "@ameideio/scripts/missing_tool.mjs";
import { copy, edit, type Edits, link, root } from "./plant.js";
import { temporaryFolder } from "./temporary.js";

/** How the adapter of an SDK is started, as in adapters.yaml. */
interface Adapter {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly without?: Readonly<Record<string, number>>;
}

/** The adapter of a copy of the built TypeScript SDK with edits. */
export function plantedTypeScriptSdk(edits: Edits): Adapter {
  const folder = temporaryFolder();
  const sdk = join(folder, "sdk");
  copy("packages/sdk", sdk, ["dist", "package.json"]);
  link("packages/sdk", sdk);
  edit(join(sdk, "dist"), edits);
  const adapter = join(folder, "adapter");
  copy("packages/sdk/conformance", adapter, ["dist", "package.json"]);
  link("packages/sdk/conformance", adapter, { "@ameideio/ameide-sdk-ts": sdk });
  return { command: [process.execPath, join(adapter, "dist/adapter.js")] };
}

/** The adapter of the Go SDK, built with edits of its files. */
export async function plantedGoSdk(edits: Edits): Promise<Adapter> {
  const folder = temporaryFolder();
  const replaced = Object.entries(edits).map(([name, change], i) => {
    const path = join(root, "packages/sdk-go", name);
    const edited = join(folder, `${i}.go`);
    writeFileSync(edited, change(readFileSync(path, "utf8")));
    return [path, edited];
  });
  const overlay = join(folder, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: Object.fromEntries(replaced) }));
  const adapter = join(folder, "adapter");
  await runScript([
    "go",
    "build",
    "-overlay",
    overlay,
    "-o",
    adapter,
    "./packages/sdk-go/conformance",
  ]);
  return { command: [adapter], without: { loose_types: 1, pulled_input: 1 } };
}

/** The adapter of a copy of the Python SDK with edits. */
export async function plantedPythonSdk(edits: Edits): Promise<Adapter> {
  const bin = await runScript([process.execPath, "scripts/python_env.mjs"]);
  const folder = temporaryFolder();
  const sdk = join(folder, "ameide_sdk");
  cpSync(join(root, "packages/sdk-python/src/ameide_sdk"), sdk, { recursive: true });
  edit(sdk, edits);
  const adapter = join(root, "packages/sdk-python/conformance/adapter.py");
  return {
    command: [join(bin.trim(), "python"), adapter, "--async"],
    env: { PYTHONPATH: folder },
    without: { eager_streams: 1, keep_alive: 1 },
  };
}

/**
 * Runs cases through an adapter, by the program of the suite.
 *
 * @param cases - Globs over their names.
 * @returns the folder of the verdict.
 */
export async function runCases(sdk: string, adapter: Adapter, cases: string[]): Promise<string> {
  const folder = temporaryFolder();
  // The lists of the suite name every column, but one runs.
  const ids = ["ts", "go", "py-async", "py-sync"];
  const adapters = join(folder, "adapters.yaml");
  writeFileSync(adapters, JSON.stringify(Object.fromEntries(ids.map((id) => [id, adapter]))));
  const verdicts = join(folder, "verdicts");
  mkdirSync(verdicts);
  const program = join(root, "packages/conformance/bin/ameide-conformance.js");
  const options = ["--adapters", adapters, "--sdk", sdk, "--verdicts", verdicts];
  const run = [...options, "--format", "json", "--protocol", "connect", "--entry", "generic"];
  const selected = cases.flatMap((one) => ["--case", one]);
  try {
    await promisify(execFile)(process.execPath, [program, ...run, ...selected]);
  } catch (reason) {
    // Red is what is planted.
    if ((reason as { code?: number }).code !== 1) {
      throw reason;
    }
  }
  return verdicts;
}
