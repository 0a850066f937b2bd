import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { AdapterCommand } from "./adapter_process.js";

/**
 * Reads how the adapter of each SDK is started, from a file of the form
 * `ts: { command: [node, path/to/adapter.js], env: {} }`.
 *
 * @param path - Path of the file. Commands are started in the folder that `root` names, relative to
 *   it.
 * @throws Error that says what is wrong with the file.
 */
export function loadAdapters(path: string, root: string): readonly AdapterCommand[] {
  const raw: unknown = parse(readFileSync(path, "utf8"));
  if (typeof raw !== "object" || raw === null) {
    throw new Error(`${path}: must be an object`);
  }
  const cwd = resolve(dirname(path), root);
  return Object.entries(raw as Record<string, unknown>).map(([sdk, value]) => {
    const { command, env, ...unknown } = (value ?? {}) as Record<string, unknown>;
    const [extra] = Object.keys(unknown);
    if (extra !== undefined) {
      throw new Error(`${path}: ${sdk}: unknown key ${extra}`);
    }
    if (!isCommand(command)) {
      throw new Error(`${path}: ${sdk}: command must be a list of texts`);
    }
    return {
      sdk,
      command,
      cwd,
      ...(env === undefined ? {} : { env: env as Record<string, string> }),
    };
  });
}

function isCommand(value: unknown): value is [string, ...string[]] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")
  );
}
