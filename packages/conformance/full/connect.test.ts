import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runConnectCli } from "../src/connect/cli.js";
import { findRunner, MissingTool } from "../src/connect/find_runner.js";
import type { OfficialReport } from "../src/connect/report.js";

const MINUTES = 60_000;

// Its numbers are those of the runner for this configuration; more cases are seen, and fewer.
const CASES = 6600;

test(
  "Connect's own suite, all of it: through the SDK, and through the client below",
  async ({ skip }) => {
    await findRunner().catch((reason: unknown) => {
      if (reason instanceof MissingTool && process.env["CI"] === undefined) {
        skip(reason.message);
      }
      throw reason;
    });
    const folder = mkdtempSync(join(tmpdir(), "official-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const code = await runConnectCli(["--report", folder], { print, printError: print });
    const report = JSON.parse(
      readFileSync(join(folder, "official.json"), "utf8"),
    ) as OfficialReport;
    expect({ code, ts: report.sdks["ts"], output: code === 0 ? "" : lines.join("\n") }).toEqual({
      code: 0,
      ts: { total: CASES, passed: CASES, failed: 0, known: 0 },
      output: "",
    });
    // The list of what fails below us is exact: one that passes is red, too.
    expect(report.raw["connect-node"]).toEqual({
      total: CASES,
      passed: CASES - 22,
      failed: 0,
      known: 22,
    });
  },
  15 * MINUTES,
);
