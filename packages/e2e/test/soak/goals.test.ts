import { expect, it } from "vitest";
import { COLUMNS } from "../../src/soak/columns.js";
import { type Goal, judge } from "../../src/soak/goals.js";
import type { CallRecord } from "../../src/soak/records.js";
import { unmetOf } from "../../src/soak/report.js";
import type { ColumnSeen, Seen } from "../../src/soak/run.js";
import { SCENARIOS } from "../../src/soak/scenarios.js";
import { BOUNDS } from "../../src/soak/settings.js";

const KILL = "kill: idempotent calls that failed";
const CALM = "calls that failed while nothing was done";
const HOLE = "black-hole: recovery within 1.5 attempt timeouts, 3000 ms";
const LEFT = "left after close()";
const broken: Partial<CallRecord> = { why: "reset" };
const slow: Partial<CallRecord> = { why: "deadline", byTime: true };

it("a run that had its time tells all goals", () => {
  expect(goalsOf({}, [])).toMatchObject({ [KILL]: true, [CALM]: true, [HOLE]: true });
  expect(goalsOf({}, [at("kill", broken)])).toMatchObject({ [KILL]: false, [CALM]: true });
  expect(goalsOf({}, [at("kill", slow)])).toMatchObject({ [KILL]: false });
  expect(goalsOf({}, [at("calm", slow)])).toMatchObject({ [CALM]: false });
  expect(goalsOf({}, [at("black-hole", { ...slow, probe: true })])).toMatchObject({
    [HOLE]: false,
  });
});

it("one that was without too much of it tells none that is about time", () => {
  expect(goalsOf({ starved: true }, [at("kill", slow), at("calm", slow)])).toMatchObject({
    [KILL]: undefined,
    [CALM]: undefined,
    [HOLE]: undefined,
    [LEFT]: true,
  });
});

it("and all others: connections that break, and what is left", () => {
  const calls = [at("kill", broken), at("calm", slow), at("calm", broken)];
  const found = goalsOf({ starved: true, timers: 1 }, calls);
  expect(found).toMatchObject({ [KILL]: false, [CALM]: false, [LEFT]: false });
  expect(goalsOf({ starved: true }, [])).toMatchObject({ [KILL]: true, [CALM]: true });
});

it("says each goal that is not met, and each that could not be told, with why", () => {
  const judged = judge(
    seenOf({ starved: true }, [at("kill", slow), at("calm", broken)]),
    SCENARIOS,
  );
  const [title] = COLUMNS.map((column) => column.title);
  const missing = `, ${100 * BOUNDS.missing + 10}.0 % of its time was missing`;
  expect(unmetOf(judged)).toEqual([
    `? ${title}: ${KILL}: 0, and 1 by a limit of time (not told${missing})`,
    `? ${title}: ${HOLE}: 0 ms (not told${missing})`,
    `✗ ${title}: ${CALM}: 1`,
    expect.stringMatching(/^\? .*heap per call.* \(not told/),
  ]);
});

it("leaves out a call that ran out of time while the machine stood still", () => {
  const call = at("calm", slow);
  const found = (ms: number, failed = call) => {
    const seen = seenOf({}, [failed]);
    const during = [{ at: failed.end + 200, ms }];
    return [
      { ...seen, starved: during },
      { ...seen, columns: seen.columns.map((column) => ({ ...column, starved: during })) },
    ].map((each) => judge(each, SCENARIOS)[0]?.goals.find(({ what }) => what === CALM));
  };
  const life = call.end - call.begin;
  const well = { found: "0, and 1 while the machine stood still", met: true };
  expect(found(BOUNDS.missing * life + 1)).toMatchObject([well, well]);
  expect(found(BOUNDS.missing * life - 1)).toMatchObject([{ met: false }, { met: false }]);
  const two = ["server 1", "server 2"].map((who) => ({
    who,
    at: call.end,
    ms: 0.9 * BOUNDS.missing * life,
  }));
  expect(goalsOf({ others: two }, [call])).toMatchObject({ [CALM]: false });
  expect(found(life, at("calm", broken))).toMatchObject([{ met: false }, { met: false }]);
});

it("what begins while processes are cold counts nowhere", () => {
  const cold = { ...at("kill", broken), begin: 500 };
  expect(goalsOf({}, [cold])).toMatchObject({ [KILL]: true });
});

const WINDOWS = ["warm", "calm", "kill", "black-hole"];

/** A call that ends in a window. */
function at(window: string, more: Partial<CallRecord>): CallRecord {
  const begin = 1_000 * WINDOWS.indexOf(window) + 100;
  return { kind: "idempotent", begin, end: begin + 500, ...more };
}

function goalsOf(given: Parameters<typeof seenOf>[0], calls: readonly CallRecord[]) {
  const [judged] = judge(seenOf(given, calls), SCENARIOS);
  return Object.fromEntries(judged?.goals.map(({ what, met }: Goal) => [what, met]) ?? []);
}

function seenOf(
  {
    starved = false,
    timers = 0,
    others = [],
  }: {
    readonly starved?: boolean;
    readonly timers?: number;
    readonly others?: Seen["starved"];
  },
  calls: readonly CallRecord[],
): Seen {
  const minutes = 1;
  const column: ColumnSeen = {
    column: COLUMNS[0] as ColumnSeen["column"],
    calls: [...calls],
    starved: starved ? [{ at: 0, ms: (BOUNDS.missing + 0.1) * minutes * 60_000 }] : [],
    heap: [],
    end: {
      timers,
      sockets: 0,
      resources: [],
      unhandledRejections: [],
      warnings: [],
      hung: 0,
      listeners: 0,
      delay: { p99: 1, max: 1 },
      code: 0,
      open: 0,
    },
  };
  const windows = WINDOWS.map((id, index) => ({
    scenario: SCENARIOS.find((scenario) => scenario.id === id),
    counts: id !== "warm",
    at: 1_000 * index,
    healedAt: 1_000 * index,
    until: 1_000 * (index + 1),
    connections: [0],
  }));
  const none = { executedTwice: [], starved: others, undrained: 0 };
  return { minutes, workers: 1, cycles: 1, windows, columns: [column], ...none };
}
