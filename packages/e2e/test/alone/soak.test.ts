import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { COLUMNS } from "../../src/soak/columns.js";
import { CALM } from "../../src/soak/judge.js";
import type { Plant } from "../../src/soak/plant.js";
import { SCENARIOS } from "../../src/soak/scenarios.js";
import { BOUNDS } from "../../src/soak/settings.js";

const MAIN = fileURLToPath(new URL("../../dist/soak/main.js", import.meta.url));
const MINUTES = 5;
const SLOW_MS = 2 * (MINUTES + 3) * 60_000;

interface Goal {
  readonly what: string;
  readonly found: string;
  readonly met: boolean | null;
}

interface Report {
  readonly cycles: number;
  readonly columns: readonly {
    readonly title: string;
    readonly client: string;
    readonly httpVersion: string;
    readonly calls: number;
    readonly missing: number;
    readonly goals: readonly Goal[];
    readonly scenarios: Readonly<
      Record<string, { readonly rounds: number; readonly whys: Readonly<Record<string, number>> }>
    >;
  }[];
}

test(
  "the SDK lives through all of it, and what bare clients do not",
  async () => {
    let { code, stdout, report } = await soakAloud();
    if (ours(report).some(isStarved)) {
      process.stdout.write("\nToo much of the time was missing: once more.\n\n");
      ({ code, stdout, report } = await soakAloud());
    }
    expect(report.columns.map(({ title }) => title)).toEqual(COLUMNS.map(({ title }) => title));
    expect(report.cycles).toBeGreaterThanOrEqual(2);
    for (const { calls, scenarios } of report.columns) {
      expect(calls).toBeGreaterThan(1_000 * report.cycles);
      for (const { id } of SCENARIOS) {
        expect(scenarios[id]?.rounds).toBe(report.cycles);
      }
    }
    const goals = ours(report).flatMap((column) =>
      column.goals.map((goal) => ({ ...goal, column, line: `? ${column.title}: ${goal.what}: ` })),
    );
    expect(goals.filter(({ met }) => met === false).flatMap(withWhys)).toEqual([]);
    const untold = goals.filter(({ met }) => met === null);
    for (const { line } of untold) {
      expect(stdout).toContain(line);
    }
    // A goal that nobody could tell is none, unless that is the machine's fault.
    expect(untold.filter(({ column }) => !isStarved(column))).toEqual([]);
    expect(code).toBe(0);
    // The same goals, the same run: who does not retry and does not look breaks them.
    const bare = report.columns.find((each) => each.title === "connect-node, connect, HTTP/2");
    for (const id of ["kill: idempotent", "reset: idempotent", "rotation: idempotent"]) {
      expect(bare?.goals.find(({ what }) => what.startsWith(id))).toMatchObject({ met: false });
    }
  },
  SLOW_MS,
);

describe("what is planted is found", () => {
  const CASES: Record<Plant, readonly [scenarios: string, minutes: string, goal: RegExp]> = {
    "no-retries": ["kill", "0.1", /^kill: idempotent calls that failed$/],
    repeats: ["kill", "0.1", /^not idempotent, and executed twice$/],
    late: ["goaway", "0.1", /^calls that outlived their deadline/],
    memory: ["goaway", "1.7", /^heap per call/],
    listener: ["goaway", "0.1", /^left after close/],
    timer: ["goaway", "0.1", /^left after close/],
    socket: ["goaway", "0.1", /^left after close/],
    rejection: ["goaway", "0.1", /^unhandled rejections$/],
  };
  test.each(Object.entries(CASES))(
    "%s",
    async (plant, [scenarios, minutes, goal]) => {
      const args = ["--clients", "ameide", "--plant", plant];
      args.push("--scenarios", scenarios, "--minutes", minutes);
      const { code, report } = await soak(...args);
      expect(code).toBe(1);
      for (const { goals } of report.columns) {
        const unmet = goals.filter(({ met }) => met === false).map(({ what }) => what);
        expect(unmet).toContainEqual(expect.stringMatching(goal));
      }
    },
    SLOW_MS,
  );
});

function ours(report: Report): Report["columns"] {
  return report.columns.filter(({ client }) => client === "ameide");
}

// What a reader of the failed test needs.
function withWhys({
  what,
  found,
  line,
  column,
}: Goal & { readonly line: string; readonly column: Report["columns"][number] }): string[] {
  const [id = ""] = what.split(":");
  const seen = column.scenarios[id] ?? column.scenarios[CALM];
  const whys = Object.entries(seen?.whys ?? {}).map(([why, count]) => `${count} × ${why}`);
  return [`${line}${found}`, ...whys];
}

function isStarved({ missing }: Report["columns"][number]): boolean {
  return missing > BOUNDS.missing;
}

async function soakAloud() {
  const ended = await soak("--minutes", String(MINUTES));
  process.stdout.write(ended.stdout);
  return ended;
}

async function soak(...args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "soak-report-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ended = await new Promise<{ code: number; stdout: string }>((resolve, reject) => {
    execFile(
      process.execPath,
      [MAIN, "--report", folder, ...args],
      { maxBuffer: 1e8 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? -1);
        if (code === 0 || code === 1) {
          resolve({ code, stdout });
        } else {
          reject(new Error(`exit code ${code}: ${stderr}`));
        }
      },
    );
  });
  const report = JSON.parse(await readFile(join(folder, "soak.json"), "utf8")) as Report;
  return { ...ended, report };
}
