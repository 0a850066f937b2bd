import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { ABILITIES } from "../suite/vocabulary.js";
import type { AdapterCommand } from "./adapter_process.js";

/**
 * Reads how the adapter of each SDK is started, from a file of the form
 * `go: { build: [make, adapter], command: [path/to/adapter], env: {}, without: { loose_types: 9 } }`.
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
    const { command, build, env, without, ...unknown } = (value ?? {}) as Record<string, unknown>;
    const [extra] = Object.keys(unknown);
    if (extra !== undefined) {
      throw new Error(`${path}: ${sdk}: unknown key ${extra}`);
    }
    if (!isCommand(command)) {
      throw new Error(`${path}: ${sdk}: command must be a list of texts`);
    }
    if (build !== undefined && !isCommand(build)) {
      throw new Error(`${path}: ${sdk}: build must be a list of texts`);
    }
    if (without !== undefined && !isPinned(without)) {
      const names = ABILITIES.join(", ");
      throw new Error(`${path}: ${sdk}: without must give a count of cases to some of ${names}`);
    }
    return {
      sdk,
      command,
      cwd,
      ...(build === undefined ? {} : { build }),
      ...(env === undefined ? {} : { env: env as Record<string, string> }),
      ...(without === undefined ? {} : { without }),
    };
  });
}

function isPinned(value: unknown): value is Record<string, number> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).every(
      ([name, count]) =>
        ABILITIES.some((ability) => ability === name) && Number.isInteger(count) && count > 0,
    )
  );
}

function isCommand(value: unknown): value is [string, ...string[]] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")
  );
}
