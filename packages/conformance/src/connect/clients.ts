import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** A client under test. */
export interface TestedClient {
  /** `sdks` for an SDK, `raw` for the client an SDK is built on. */
  readonly group: "sdks" | "raw";
  readonly id: string;
  /** How it is started, from the root of the repository. */
  readonly command: readonly [string, ...string[]];
  /** File of the cases it is known to fail, in the runner's format. */
  readonly knownFailing: string;
}

/**
 * Reads which clients there are, raw ones first: what an SDK is held against comes before it.
 *
 * @throws Error that says what is wrong with the file.
 */
export function loadClients(path: string): readonly TestedClient[] {
  const file = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const groups = ["raw", "sdks"] as const;
  for (const key of Object.keys(file)) {
    if (!groups.some((group) => group === key)) throw new Error(`${path}: unknown key ${key}`);
  }
  return groups.flatMap((group) =>
    Object.entries((file[group] ?? {}) as Record<string, unknown>).map(([id, value]) => {
      const { command, known_failing: known, ...others } = (value ?? {}) as Record<string, unknown>;
      const where = `${path}: ${group}.${id}`;
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) throw new Error(`${where}: unknown key ${unknown}`);
      if (!isCommand(command)) throw new Error(`${where}: command must be a list of texts`);
      if (typeof known !== "string") throw new Error(`${where}: known_failing must be a file`);
      return { group, id, command, knownFailing: join(dirname(path), known) };
    }),
  );
}

function isCommand(value: unknown): value is [string, ...string[]] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")
  );
}
