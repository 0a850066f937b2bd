import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestedClient } from "./clients.js";
import type { Verdict } from "./verdict.js";

const FILE = "official.json";

/** Client with the runner's verdict. */
export interface Judged {
  readonly client: TestedClient;
  readonly verdict: Verdict;
}

/** Counts of a client: total = passed + failed + known. */
export type Counts = Omit<Verdict, "failures">;

/** Content of official.json. */
export interface OfficialReport {
  readonly sdks: Readonly<Record<string, Counts>>;
  readonly raw: Readonly<Record<string, Counts>>;
  /** Versions of the runner, and of each client's parts by its id. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Creates the report of complete runs. */
export function makeOfficialReport(
  judged: readonly Judged[],
  versions: Readonly<Record<string, string>>,
): OfficialReport {
  const counts = (group: TestedClient["group"]) =>
    Object.fromEntries(
      judged
        .filter(({ client }) => client.group === group)
        .map(({ client, verdict: { total, passed, failed, known } }) => [
          client.id,
          { total, passed, failed, known },
        ]),
    );
  return { sdks: counts("sdks"), raw: counts("raw"), versions };
}

/** Removes the report of an earlier run, so that it is not taken for this one's. */
export function removeOfficialReport(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

/** Writes the report and returns its path. */
export function writeOfficialReport(folder: string, report: OfficialReport): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return path;
}
