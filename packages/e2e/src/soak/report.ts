import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Goal, Judged } from "./goals.js";
import { CALM, type Cell } from "./judge.js";
import type { Seen } from "./run.js";
import type { Scenario } from "./scenarios.js";
import { BOUNDS } from "./settings.js";

const MOST_WHYS = 3;

/** Formats the results of a run in Markdown. */
export function reportOf(
  seen: Seen,
  judged: readonly Judged[],
  scenarios: readonly Scenario[],
): string {
  const calm: readonly [string, string] = [CALM, "nothing is done"];
  const rows = [...scenarios.map(({ id, title }) => [id, title] as const), calm];
  const table = (head: string, cell: (cell: Cell) => string, ids = rows) =>
    tableOf(head, judged, ids, (one, id) => {
      const found = one.cells.get(id);
      return found === undefined ? "–" : cell(found);
    });
  const minutes = seen.minutes.toFixed(1);
  return [
    `${minutes} minutes, ${seen.cycles} cycles, Node.js ${process.versions.node}, ${seen.workers} workers a client; servers that did not drain: ${seen.undrained}`,
    table("failed: idempotent / not / streams", ({ failed }) =>
      [failed.idempotent, failed.unknown, failed.stream].join(" / "),
    ),
    table(
      "time to recover, at most",
      ({ recoveryMs }) => (recoveryMs === null ? "never" : `${(recoveryMs / 1_000).toFixed(1)} s`),
      rows.slice(0, -1),
    ),
    table("connections made, each time", ({ connections, rounds }) =>
      String(Math.round((10 * connections) / rounds) / 10),
    ),
    tableOf("in all", judged, TOTALS, (one, id) => totalOf(one, id)),
    tableOf("goals", judged, goalIds(judged), (one, id) => marked(one.goals, id)),
    whysOf(judged),
  ].join("\n\n");
}

/** The same for machines. */
export function jsonOf(seen: Seen, judged: readonly Judged[]): unknown {
  return {
    node: process.versions.node,
    minutes: seen.minutes,
    workers: seen.workers,
    cycles: seen.cycles,
    undrained: seen.undrained,
    executedTwice: seen.executedTwice,
    columns: judged.map(({ seen: column, cells, goals, heapPerCall, missing }) => ({
      ...column.column,
      calls: column.calls.length,
      heapPerCall: heapPerCall ?? null,
      missing,
      heap: column.heap,
      end: column.end,
      goals: goals.map(({ what, found, met }) => ({ what, found, met: met ?? null })),
      scenarios: Object.fromEntries(
        [...cells].map(([id, cell]) => [id, { ...cell, whys: Object.fromEntries(cell.whys) }]),
      ),
    })),
  };
}

/** Lists the goals that the SDK missed, and those that could not be judged; a line for each. */
export function unmetOf(judged: readonly Judged[]): readonly string[] {
  return judged
    .filter(({ seen: { column } }) => column.client === "ameide")
    .flatMap(({ seen: { column }, goals, missing }) =>
      goals
        .filter(({ met }) => met !== true)
        .map(({ what, found, met }) => {
          const said = `${column.title}: ${what}: ${found}`;
          const why =
            missing > BOUNDS.missing ? `, ${percent(missing)} of its time was missing` : "";
          return met === false ? `✗ ${said}` : `? ${said} (not told${why})`;
        }),
    );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Writes `soak.md` and `soak.json` into a folder. */
export async function writeReport(folder: string, text: string, json: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "soak.md"), `${text}\n`);
  await writeFile(join(folder, "soak.json"), `${JSON.stringify(json, undefined, 2)}\n`);
}

const TOTALS = [
  ["calls", "calls"],
  ["heap", "heap per call"],
  ["left", "heap at the end"],
  ["late", "over a deadline, at most"],
  ["delay", "event loop late, 99 % / at most"],
  ["starved", "of its time it did not have"],
] as const;

function totalOf({ seen, heapPerCall, missing }: Judged, id: string): string {
  const { calls, heap, end } = seen;
  switch (id) {
    case "calls":
      return String(calls.length);
    case "heap":
      return heapPerCall === undefined ? "–" : `${heapPerCall.toFixed(1)} B`;
    case "left":
      return `${((heap.at(-1) ?? 0) / 1_048_576).toFixed(1)} MiB`;
    case "late":
      return `${calls.reduce((most, { overdueMs = 0 }) => Math.max(most, overdueMs), 0).toFixed(0)} ms`;
    case "starved":
      return percent(missing);
    default:
      return `${end.delay.p99} / ${end.delay.max} ms`;
  }
}

function goalIds(judged: readonly Judged[]): (readonly [string, string])[] {
  return (judged[0]?.goals ?? []).map(({ what }) => [what, what]);
}

function marked(goals: readonly Goal[], id: string): string {
  const goal = goals.find(({ what }) => what === id);
  if (goal === undefined) {
    return "–";
  }
  return `${goal.met === undefined ? "? " : goal.met ? "✓ " : "✗ "}${goal.found}`;
}

function whysOf(judged: readonly Judged[]): string {
  const lines = judged.flatMap(({ seen, cells }) =>
    [...cells].flatMap(([id, { whys }]) =>
      [...whys]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, MOST_WHYS)
        .map(([why, count]) => `- ${seen.column.title}, ${id}: ${count} × ${inLine(why)}`),
    ),
  );
  return ["Why calls failed, the most frequent:", "", ...lines].join("\n");
}

function tableOf(
  head: string,
  judged: readonly Judged[],
  rows: readonly (readonly [string, string])[],
  cell: (one: Judged, id: string) => string,
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inLine).join(" | ")} |`;
  return [
    line([head, ...judged.map(({ seen }) => seen.column.title)]),
    line(["---", ...judged.map(() => "---")]),
    ...rows.map(([id, title]) => line([title, ...judged.map((one) => cell(one, id))])),
  ].join("\n");
}

function inLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", String.raw`\|`);
}
