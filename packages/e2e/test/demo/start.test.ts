import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { otherSdks } from "../../src/demo/languages.js";
import type { Report, ReportedCall } from "../../src/demo/json.js";
import { type Ended, run, start } from "../harness/command.js";

const SLOW_MS = 60_000;
// A toolchain may be missing, though not in CI.
const { sdks } = await otherSdks();
const OTHERS = sdks.map(({ name }) => name);
const ALIKE = ["TypeScript", ...OTHERS.slice(0, -1)].join(", ");
const VERDICT = [
  "verdict: 6 of 6 as the contract says",
  ...(OTHERS.length === 0 ? [] : [`alike in ${ALIKE} and ${OTHERS.at(-1)}`]),
].join(", ");
const README = new URL("../../../../README.md", import.meta.url);

describe("start --json", () => {
  let ended: Ended;
  let calls: readonly ReportedCall[];
  const pick = (fault: string, sdk: "typical" | "ameide") =>
    calls.find((call) => call.fault === fault && call.sdk === sdk) as ReportedCall;

  beforeAll(async () => {
    ended = await run("--json");
    calls = (JSON.parse(ended.stdout) as Report).calls;
  }, SLOW_MS);

  test("prints one JSON document, and every call of ours passed", () => {
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: "pass" });
    expect(ended.stdout.trimEnd()).not.toContain("\n");
    expect(calls.map(({ sdk }) => sdk)).toEqual(
      Array.from({ length: 6 }, () => ["typical", "ameide", ...OTHERS]).flat(),
    );
    expect(calls.flatMap(({ deviations }) => deviations)).toEqual([]);
  });

  test("1: a reset bills twice, and once with a key", () => {
    const typical = pick("reset_after_read", "typical");
    expect(typical).toMatchObject({ outcome: "ok", server: { billed: 2 } });
    expect(typical.attempts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([null, null]);
    const ours = pick("reset_after_read", "ameide");
    expect(ours).toMatchObject({ outcome: "ok", server: { billed: 1, calls: { RecordUsage: 2 } } });
    const [first, second, ...more] = ours.attempts;
    expect(first).toMatchObject({ status: null, brokenOff: "reset", read: "body" });
    expect(second).toMatchObject({ status: 200, brokenOff: null });
    expect(second?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toMatchObject({
      idempotencyKey: first?.idempotencyKey,
      requestId: first?.requestId,
    });
    expect(more).toEqual([]);
  });

  test("2: Retry-After is waited for, never less", () => {
    const statuses = (call: ReportedCall) => call.attempts.map(({ status }) => status);
    const typical = pick("unavailable_html", "typical");
    expect(typical).toMatchObject({ outcome: "unavailable" });
    expect(statuses(typical)).toEqual([503, 503, 503]);
    const ours = pick("unavailable_html", "ameide");
    expect(ours).toMatchObject({ outcome: "ok" });
    expect(statuses(ours)).toEqual([503, 200]);
    expect(ours.attempts[1]?.atMs).toBeGreaterThanOrEqual(1_000);
  });

  test("3: only the typical client sleeps past the deadline", () => {
    expect(pick("deadline_slow_server", "typical").durationMs).toBeGreaterThan(500);
    const ours = pick("deadline_slow_server", "ameide");
    expect(ours).toMatchObject({ outcome: "unavailable", stopReason: "server_delay" });
    expect(ours.durationMs).toBeLessThan(400);
    expect(ours.attempts).toHaveLength(1);
  });

  test("4: a hundred callers fetch a hundred tokens, or one", () => {
    const typical = pick("token_expired", "typical");
    expect(typical).toMatchObject({ outcome: "ok", server: { calls: { IssueServiceToken: 100 } } });
    expect(typical.attempts).toHaveLength(200);
    const ours = pick("token_expired", "ameide");
    const counted = { IssueServiceToken: 1, QueryUsage: 100 };
    expect(ours).toMatchObject({ outcome: "ok", server: { calls: counted } });
    expect(ours.attempts).toHaveLength(100);
  });

  test("5: neither follows a redirect", () => {
    for (const sdk of ["typical", "ameide"] as const) {
      const call = pick("redirect_other_host", sdk);
      expect(call).toMatchObject({ outcome: "unknown", server: { otherHost: 0, billed: 0 } });
      expect(call.attempts.map(({ status }) => status)).toEqual([307]);
    }
  });

  test("6: the attempt timeout ends a stalled answer", () => {
    const typical = pick("stalled_answer", "typical");
    expect(typical).toMatchObject({ outcome: "pending" });
    expect(typical.attempts).toMatchObject([{ timeoutMs: 30_000, brokenOff: "stall" }]);
    const ours = pick("stalled_answer", "ameide");
    expect(ours).toMatchObject({ outcome: "ok" });
    expect(ours.attempts).toMatchObject([
      { timeoutMs: 1_000, brokenOff: "stall" },
      { timeoutMs: 1_000, brokenOff: null },
    ]);
  });
});

describe("start", () => {
  // What a shell sets for real clients does not matter here.
  const shown = start(["--case", "6"], { AMEIDE_SDK_RETRIES: "off", AMEIDE_TIMEOUT_MS: "1" }).ended;

  test(
    "prints the table, the detail asked for, and the verdict last",
    async () => {
      const { code, stdout, stderr } = await shown;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const lines = stdout.split("\n");
      expect(lines.filter((line) => /^\d .*[=✗] .*✓$/.test(line))).toHaveLength(6);
      expect(lines.filter((line) => line.length > 100)).toEqual([]);
      expect(stdout).not.toContain("\u001b");
      expect(stdout).toMatch(/^6 meter\.GetUsageSummary {2}id /m);
      // The README's block is a run, too: same words, other numbers.
      const table = (text: string) =>
        [...text.matchAll(/^(?:real server|. {1}fault|\d ).*[)e✓✗=]$/gm)].map(([row]) =>
          row.replaceAll(/\d+(?:\.\d+)?(?= m?s)/g, "N").replaceAll(/ +/g, " "),
        );
      const stated = OTHERS.length > 0 ? readFileSync(README, "utf8") : stdout;
      expect(table(stdout)).toEqual(table(stated));
      const last = lines.findLast((line) => line !== "" && !line.startsWith("next:"));
      expect(last).toBe(VERDICT);
      expect(stdout).toMatch(
        /\nnext: start --case 1 · start --serve · docs\/bring-your-own\.md\n$/,
      );
    },
    SLOW_MS,
  );

  test.each([
    [["--cas", "1"], /--cas\b.*the options are --case N, --json, --serve, --port N, --help/],
    [["--case", "7"], /--case must be a whole number from 1 to 6, is "7"/],
    [["--port", "80"], /--port goes with --serve only/],
  ])("%j is refused in one line", async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
  });
});
