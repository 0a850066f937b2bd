import { BOUND_BYTES, growthPerCall } from "../leak/heap.js";
import { CALM, type Cell, type Cells, cellsOf, missingShare } from "./judge.js";
import type { ColumnSeen, Seen } from "./run.js";
import type { Scenario } from "./scenarios.js";
import { BOUNDS, TIMES } from "./settings.js";

/** One thing a column is to keep, and whether it did. */
export interface Goal {
  readonly what: string;
  readonly found: string;
  /**
   * Undefined if the run could not tell: it was too short, or the process was not running for too
   * much of it.
   */
  readonly met: boolean | undefined;
}

/** A column with what happened to it, and the goals; only those of the SDK decide over the run. */
export interface Judged {
  readonly seen: ColumnSeen;
  readonly cells: Cells;
  readonly goals: readonly Goal[];
  readonly heapPerCall: number | undefined;
  /** Share of the time that the client's process was not running. */
  readonly missing: number;
}

/** 64 calls in flight hold more at one time than at another. */
const NOISE_BYTES = 384 * 1_024;
/** Fewer samples than these say nothing of a heap. */
const LEAST_SAMPLES = 18;

/** Judges every column by the same goals. */
export function judge(seen: Seen, scenarios: readonly Scenario[]): Judged[] {
  return seen.columns.map((column, index) => {
    const cells = cellsOf(seen, index);
    const growth = growthOf(column);
    const twice = seen.executedTwice.filter((text) => text.startsWith(`${column.column.title} `));
    const missing = missingShare(column.starved, seen.minutes);
    const timed = missing <= BOUNDS.missing;
    const goals = [
      ...scenarios.flatMap((scenario) => goalsOf(scenario, cells, timed)),
      ...goalsOfCalls(column, cells, twice, timed),
      ...goalsOfEnd(column, growth),
    ];
    return { seen: column, cells, goals, heapPerCall: growth?.perCall, missing };
  });
}

// If the process was not running for too much of the time, `timed` is false: its time limits expire
// before anybody could answer, and the calls they ended prove nothing else.
function goalsOf({ id, keepsCalls, recovers }: Scenario, cells: Cells, timed: boolean): Goal[] {
  const cell = cells.get(id);
  if (cell === undefined) {
    return [];
  }
  const goals: Goal[] = [];
  if (keepsCalls) {
    const what = `${id}: idempotent calls that failed`;
    const { failed, failedByTime } = cell;
    goals.push(
      noneOf(
        what,
        failed.idempotent,
        { byTime: failedByTime.idempotent, starved: cell.starved.idempotent },
        timed,
      ),
    );
  }
  if (recovers) {
    const mostMs = BOUNDS.recovery * TIMES.attemptMs;
    const { recoveryMs } = cell;
    goals.push({
      what: `${id}: recovery within ${BOUNDS.recovery} attempt timeouts, ${mostMs} ms`,
      found: recoveryMs === null ? "never" : `${Math.round(recoveryMs)} ms`,
      met: timed ? recoveryMs !== null && recoveryMs <= mostMs : undefined,
    });
  }
  return goals;
}

function goalsOfCalls(
  { calls, end }: ColumnSeen,
  cells: Cells,
  twice: readonly string[],
  timed: boolean,
): Goal[] {
  const overdue = calls.reduce((most, { overdueMs = 0 }) => Math.max(most, overdueMs), 0);
  const late = calls.filter((call) => call.late).length;
  const calm = cells.get(CALM);
  const inCalm = (failed: Cell["failed"] | undefined) =>
    Object.values(failed ?? {}).reduce((a, b) => a + b, 0);
  const what = "calls that failed while nothing was done";
  return [
    noneOf(
      what,
      inCalm(calm?.failed),
      { byTime: inCalm(calm?.failedByTime), starved: inCalm(calm?.starved) },
      timed,
    ),
    {
      what: `calls that outlived their deadline by more than ${BOUNDS.lateMs} ms`,
      found: `${late}, at most by ${overdue.toFixed(1)} ms`,
      met: late === 0,
    },
    none("calls that never ended", end.hung),
    none("not idempotent, and executed twice", twice),
  ];
}

function goalsOfEnd({ end }: ColumnSeen, growth: Growth | undefined): Goal[] {
  const left = [
    ...some("timers", end.timers),
    ...some("sockets", end.sockets),
    ...some("connections at the relay", end.open),
    ...some("listeners", end.listeners),
    ...end.resources,
    ...(end.code === 0 ? [] : [`the process did not end by itself (${String(end.code)})`]),
  ];
  return [
    none("left after close()", left),
    none("unhandled rejections", end.unhandledRejections),
    none("warnings of Node.js", end.warnings),
    {
      what: `heap per call, at most ${BOUND_BYTES} B, or ${NOISE_BYTES / 1_024} KiB in all`,
      found: growth === undefined ? "the run was too short" : `${growth.perCall.toFixed(1)} B`,
      met: growth && (growth.perCall <= BOUND_BYTES || growth.bytes <= NOISE_BYTES),
    },
  ];
}

/** How a heap grew after it was warm. */
interface Growth {
  readonly perCall: number;
  /** Between the medians of the first and the last third. */
  readonly bytes: number;
}

function growthOf({ heap, calls }: ColumnSeen): Growth | undefined {
  if (heap.length < LEAST_SAMPLES) {
    return undefined;
  }
  const samples = heap.slice(Math.floor(heap.length / 4));
  const perCall = growthPerCall(samples, calls.length / heap.length);
  const between = samples.length - Math.floor(samples.length / 3);
  return { perCall, bytes: (perCall * between * calls.length) / heap.length };
}

function none(what: string, found: readonly unknown[] | number): Goal {
  const count = typeof found === "number" ? found : found.length;
  const named = typeof found === "number" || count === 0 ? "" : `: ${found.slice(0, 5).join(", ")}`;
  return { what, found: `${count}${named}`, met: count === 0 };
}

function noneOf(
  what: string,
  failed: number,
  { byTime, starved }: { readonly byTime: number; readonly starved: number },
  timed: boolean,
): Goal {
  const others = timed ? failed : failed - byTime;
  const untold = failed - others;
  const parts = [
    `${others}`,
    ...(untold > 0 ? [`${untold} by a limit of time`] : []),
    ...(starved > 0 ? [`${starved} while the machine stood still`] : []),
  ];
  return {
    what,
    found: parts.join(", and "),
    met: others > 0 ? false : untold > 0 ? undefined : true,
  };
}

function some(what: string, count: number): string[] {
  return count === 0 ? [] : [`${count} ${what}`];
}
