import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERDICTS } from "@ameideio/scripts/verdicts.mjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runConnectCli } from "../../src/connect/cli.js";
import { loadClients } from "../../src/connect/clients.js";
import type { OfficialReport } from "../../src/connect/report.js";
import { FIRST_BUILD_MS, runnerOrSkip } from "../harness/runner_or_skip.js";
import { OFFICIAL } from "../../src/common/folders.js";

// Connect's own suite, whole: through the SDK, and through what it is built on.

const RUN_MS = 420_000;
const CASES = 6600;
// Without br, and without bidi streams over HTTP/1.1, which neither transport has.
const GO_CASES = 4638;
const PYTHON_CASES = 4638;
// Nobody can cancel a call that blocks its thread.
const SYNC_KNOWN = 398;

let folder: string;
let runner: string | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "conformance-connect-"));
  runner = await runnerOrSkip();
}, FIRST_BUILD_MS);
afterAll(() => rmSync(folder, { recursive: true }));

function knownFailures(id: string): number {
  const client = loadClients(OFFICIAL.clients).find((each) => each.id === id);
  const lines = readFileSync(client?.knownFailing ?? "", "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).length;
}

test(
  "the SDKs pass every case; a raw client fails those it is known to fail, and no other",
  async (context) => {
    context.skip(runner === undefined);
    const lines: string[] = [];
    const code = await runConnectCli(["--report", folder], {
      runner: () => Promise.resolve(runner as string),
      print: (line) => void lines.push(line),
      // Left for the gate.
      verdicts: VERDICTS,
    });
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(code).toBe(0);
    const report = JSON.parse(readFileSync(join(folder, "official.json"), "utf8"));
    expect((report as OfficialReport).sdks).toEqual({
      ts: { total: CASES, passed: CASES, failed: 0, known: 0 },
      go: { total: GO_CASES, passed: GO_CASES, failed: 0, known: 0 },
      "py-async": { total: PYTHON_CASES, passed: PYTHON_CASES, failed: 0, known: 0 },
      "py-sync": {
        total: PYTHON_CASES,
        passed: PYTHON_CASES - SYNC_KNOWN,
        failed: 0,
        known: SYNC_KNOWN,
      },
    });
    expect((report as OfficialReport).raw["connect-go"]).toEqual({
      total: GO_CASES,
      passed: GO_CASES,
      failed: 0,
      known: 0,
    });
    const known = knownFailures("connect-node");
    expect(known).toBe(22);
    // Those it fails now and then are counted as known, too.
    const raw = (report as OfficialReport).raw["connect-node"];
    expect(raw).toMatchObject({ total: CASES, failed: 0 });
    expect(raw?.known).toBeGreaterThanOrEqual(known);
    expect(raw?.known).toBeLessThan(2 * known);
    expect(raw?.passed).toBe(CASES - (raw?.known ?? 0));
    expect((report as OfficialReport).versions).toMatchObject({
      runner: "connectconformance v1.0.6",
      "connect-node": expect.stringContaining("connect-node 2.1.2"),
    });
  },
  RUN_MS,
);
