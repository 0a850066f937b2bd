import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestedClient } from "./clients.js";
import type { Verdict } from "./verdict.js";

const FILE = "official.json";

/** A client and what the runner found about it. */
export interface Judged {
  readonly client: TestedClient;
  readonly verdict: Verdict;
}

/** The numbers of a client: total = passed + failed + known. */
export type Counts = Omit<Verdict, "failures">;

/** What official.json holds. */
export interface OfficialReport {
  readonly sdks: Readonly<Record<string, Counts>>;
  readonly raw: Readonly<Record<string, Counts>>;
  /** Of the runner, and what each client is made of, by its id. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Makes the report of whole runs. */
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

/** Removes the report of an earlier run, so that nobody takes it for this one's. */
export function removeOfficialReport(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

/** Writes the report and gives its path. */
export function writeOfficialReport(folder: string, report: OfficialReport): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, FILE);
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return path;
}
