import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { create, toJsonString } from "@bufbuild/protobuf";
import { OfficialSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { COLUMN_IDS, runDigests, verdictFile } from "@ameideio/scripts/verdicts.mjs";
import { SCHEMA } from "../report/matrix_verdict.js";
import type { TestedClient } from "./clients.js";
import type { Judged } from "./report.js";

/**
 * Removes the earlier verdicts on SDKs, so that none is taken for that of a run that did not end.
 *
 * @param folder - Of the verdicts; undefined for none.
 * @returns the digests of what the columns are.
 */
export async function openOfficialVerdicts(
  folder: string | undefined,
  clients: readonly TestedClient[],
): Promise<Readonly<Record<string, string>>> {
  if (folder === undefined) {
    return {};
  }
  for (const { id } of clients.filter(isColumn)) {
    rmSync(verdictFile(folder, "official", id), { force: true });
  }
  return runDigests();
}

/** Writes the verdict on an SDK that is a column. */
export function writeOfficialVerdict(
  folder: string | undefined,
  { client, verdict, runner, run }: Judged & { runner: string; run: string | undefined },
): void {
  if (folder === undefined || !isColumn(client)) {
    return;
  }
  const { total, passed, failed, known, failures } = verdict;
  const official = create(OfficialSchema, {
    schema: SCHEMA,
    runner,
    run: run ?? "",
    totals: { sdk: client.id, total, passed, failed, known },
    failures: [...failures],
  });
  mkdirSync(folder, { recursive: true });
  const text = toJsonString(OfficialSchema, official, { prettySpaces: 2 });
  writeFileSync(verdictFile(folder, "official", client.id), `${text}\n`);
}

function isColumn({ group, id }: TestedClient): boolean {
  return group === "sdks" && COLUMN_IDS.includes(id);
}
