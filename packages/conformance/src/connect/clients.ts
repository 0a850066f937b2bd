import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** Client under test. */
export interface TestedClient {
  /** `sdks` for an SDK, `raw` for the client an SDK is built on. */
  readonly group: "sdks" | "raw";
  readonly id: string;
  /** Command that starts it, from the root of the repository. */
  readonly command: readonly [string, ...string[]];
  /** Command that builds it; undefined if there is nothing to build. Exit code 3: a toolchain is missing. */
  readonly build: readonly [string, ...string[]] | undefined;
  /** File of the cases that it is known to fail, in the runner's format. */
  readonly knownFailing: string;
  /** File of the cases that it fails occasionally, likewise. */
  readonly knownFlaky: string | undefined;
  /** File of what it can do, in the runner's format; undefined for that of all clients. */
  readonly config: string | undefined;
}

/**
 * Reads the list of clients, raw ones first: an SDK is compared with those before it.
 *
 * @throws Error that says what is wrong with the file.
 */
export function loadClients(path: string): readonly TestedClient[] {
  const clients = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const groups = ["raw", "sdks"] as const;
  for (const key of Object.keys(clients)) {
    if (!groups.some((group) => group === key)) {
      throw new Error(`${path}: unknown key ${key}`);
    }
  }
  return groups.flatMap((group) =>
    Object.entries((clients[group] ?? {}) as Record<string, unknown>).map(([id, value]) => {
      const {
        command,
        build,
        known_failing: known,
        known_flaky: flaky,
        config,
        ...others
      } = (value ?? {}) as Record<string, unknown>;
      const where = `${path}: ${group}.${id}`;
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) {
        throw new Error(`${where}: unknown key ${unknown}`);
      }
      if (!isCommand(command)) {
        throw new Error(`${where}: command must be a list of texts`);
      }
      if (build !== undefined && !isCommand(build)) {
        throw new Error(`${where}: build must be a list of texts`);
      }
      if (typeof known !== "string") {
        throw new Error(`${where}: known_failing must be a file`);
      }
      if (flaky !== undefined && typeof flaky !== "string") {
        throw new Error(`${where}: known_flaky must be a file`);
      }
      if (config !== undefined && typeof config !== "string") {
        throw new Error(`${where}: config must be a file`);
      }
      const file = (name: string) => join(dirname(path), name);
      return {
        group,
        id,
        command,
        build,
        knownFailing: file(known),
        knownFlaky: flaky && file(flaky),
        config: config && file(config),
      };
    }),
  );
}

function isCommand(value: unknown): value is [string, ...string[]] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string")
  );
}
