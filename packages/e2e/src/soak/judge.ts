import type { Starved } from "./client_process.js";
import type { CallRecord, Kind } from "./records.js";
import type { ColumnSeen, Seen, Window } from "./run.js";
import type { Scenario } from "./scenarios.js";
import { BOUNDS } from "./settings.js";

/** Effect of a scenario on a column, over all rounds. */
export interface Cell {
  readonly calls: number;
  readonly failed: Readonly<Record<Kind, number>>;
  /** Those of them that a time limit ended, as a whole or in one attempt. */
  readonly failedByTime: Readonly<Record<Kind, number>>;
  /**
   * Calls that a limit of time ended while the client, the relays or a server was not running for more
   * of their life than {@link BOUNDS} allow. They are not among those that failed.
   */
  readonly starved: Readonly<Record<Kind, number>>;
  /** The longest of all rounds, from when the fault was over; null for never. */
  readonly recoveryMs: number | null;
  readonly connections: number;
  readonly rounds: number;
  /** Why calls failed, and how many. */
  readonly whys: ReadonlyMap<string, number>;
}

/** Effects on a column by scenario; the times without one have the id `calm`. */
export type Cells = ReadonlyMap<string, Cell>;

// A process tells of time that it did not have up to so much later.
const TELL_MS = 500;

/** The id of the times in which nothing was done. */
export const CALM = "calm";

/** Combines the calls of a column with the events of its time. */
export function cellsOf(seen: Seen, index: number): Cells {
  const column = seen.columns[index] as ColumnSeen;
  const warmAt = seen.windows.find(({ counts }) => counts)?.at ?? 0;
  // Calls that begin in a cold process prove nothing, even if they end later.
  const calls = column.calls.filter(({ begin }) => begin >= warmAt);
  const ended = byWindow(seen.windows, calls, ({ end }) => end);
  const begun = byWindow(seen.windows, calls, ({ begin }) => begin);
  const starved = [...column.starved, ...seen.starved];
  const cells = new Map<string, Mutable>();
  for (const [place, window] of seen.windows.entries()) {
    if (!window.counts) {
      continue;
    }
    const cell = cellOf(cells, window.scenario);
    cell.rounds += 1;
    cell.connections += window.connections[index] ?? 0;
    for (const call of ended[place] ?? []) {
      cell.calls += 1;
      if (call.why === undefined) {
        continue;
      }
      if (call.byTime === true && isStarved(call, starved)) {
        cell.starved[call.kind] += 1;
        continue;
      }
      cell.failed[call.kind] += 1;
      if (call.byTime === true) {
        cell.failedByTime[call.kind] += 1;
      }
      const why = `${call.kind}: ${call.why}`;
      cell.whys.set(why, (cell.whys.get(why) ?? 0) + 1);
    }
    const recoveryMs = recoveryOf(window, begun[place] ?? [], starved);
    cell.recoveryMs = longer(cell.recoveryMs, recoveryMs);
  }
  return cells;
}

/**
 * Returns the time from a fault to the start of the first probe that succeeded and was followed by
 * no failure: in time that client, relay and servers were running.
 *
 * @param begun - Calls that began in the window.
 * @returns null if there is none.
 */
export function recoveryOf(
  window: Pick<Window, "at" | "healedAt">,
  begun: readonly CallRecord[],
  starved: readonly Starved[],
): number | null {
  const probes = begun.filter(({ probe }) => probe).toSorted((a, b) => a.begin - b.begin);
  const last = probes.findLastIndex((probe) => isHeldUp(probe, starved));
  if (last < 0) {
    return 0;
  }
  const first = probes[last + 1];
  if (first === undefined) {
    return null;
  }
  const { healedAt } = window;
  return Math.max(0, first.begin - healedAt - starvedBetween(healedAt, first.begin, starved));
}

/** Returns the share of time that a process was not running. */
export function missingShare(starved: readonly Starved[], minutes: number): number {
  return starved.reduce((sum, { ms }) => sum + ms, 0) / 60_000 / minutes;
}

function isHeldUp({ why, begin, end }: CallRecord, starved: readonly Starved[]): boolean {
  if (why !== undefined) {
    return true;
  }
  const took = end - begin;
  return took > BOUNDS.heldUpMs && took - starvedBetween(begin, end, starved) > BOUNDS.heldUpMs;
}

// Two processes that each lack a little do not add up.
function isStarved({ begin, end }: CallRecord, starved: readonly Starved[]): boolean {
  const processes = new Set(starved.map(({ who }) => who));
  return [...processes].some((process) => {
    const its = starved.filter(({ who }) => who === process);
    return starvedBetween(begin, end + TELL_MS, its) > BOUNDS.missing * (end - begin);
  });
}

function starvedBetween(from: number, to: number, starved: readonly Starved[]): number {
  let ms = 0;
  for (const each of starved) {
    if (each.at > from && each.at <= to) {
      ms += each.ms;
    }
  }
  return ms;
}

function byWindow(
  windows: readonly Window[],
  calls: readonly CallRecord[],
  moment: (call: CallRecord) => number,
): CallRecord[][] {
  const found: CallRecord[][] = windows.map(() => []);
  for (const call of calls) {
    found[placeOf(windows, moment(call))]?.push(call);
  }
  return found;
}

/** The last window that began by then. */
function placeOf(windows: readonly Window[], at: number): number {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((windows[middle] as Window).at <= at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

type Mutable = {
  -readonly [K in keyof Cell]: K extends "failed" | "failedByTime" | "starved"
    ? Record<Kind, number>
    : K extends "whys"
      ? Map<string, number>
      : Cell[K];
};

function cellOf(cells: Map<string, Mutable>, scenario: Scenario | undefined): Mutable {
  const id = scenario?.id ?? CALM;
  const known = cells.get(id);
  if (known !== undefined) {
    return known;
  }
  const failed = { idempotent: 0, unknown: 0, stream: 0, brief: 0 };
  const cell = {
    calls: 0,
    failed,
    failedByTime: { ...failed },
    starved: { ...failed },
    recoveryMs: 0,
    connections: 0,
    rounds: 0,
    whys: new Map(),
  };
  cells.set(id, cell);
  return cell;
}

function longer(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}
