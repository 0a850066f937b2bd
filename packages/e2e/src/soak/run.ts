import { setTimeout as wait } from "node:timers/promises";
import type { ClientProcess, ClientSeen, Starved } from "./client_process.js";
import { type CallRecord, nowMs } from "./records.js";
import type { Scenario } from "./scenarios.js";
import { WARM_UP_MS } from "./settings.js";
import { World, type WorldOptions } from "./world.js";

/** Extent of a run. */
export interface RunOptions extends WorldOptions {
  readonly minutes: number;
  readonly scenarios: readonly Scenario[];
  /** Hears what happens. */
  readonly tell: (line: string) => void;
}

/** A time in which something was done, or nothing: then it has no scenario. One follows the other. */
export interface Window {
  readonly scenario: Scenario | undefined;
  /** False while everything is being repaired, when failures prove nothing. */
  readonly counts: boolean;
  readonly at: number;
  /** From when on each new connection was served. */
  readonly healedAt: number;
  readonly until: number;
  /** Connections made in it, of each column. */
  readonly connections: readonly number[];
}

/** A column, as it was seen. */
export interface ColumnSeen extends Pick<ClientProcess, "column" | "calls" | "starved" | "heap"> {
  readonly end: ClientSeen;
}

/** All there is to judge. */
export interface Seen {
  readonly minutes: number;
  readonly workers: number;
  readonly cycles: number;
  readonly windows: readonly Window[];
  readonly columns: readonly ColumnSeen[];
  readonly executedTwice: readonly string[];
  /** Time that the servers and the relays did not have. */
  readonly starved: readonly Starved[];
  /** Servers that did not drain by themselves. */
  readonly undrained: number;
}

const CALM_MS = 1_500;
const MEND_MS = 3_000;

/** Runs whole cycles until the time is up, one at least. */
export async function run(options: RunOptions): Promise<Seen> {
  const { minutes, scenarios } = options;
  const world = await World.open(options);
  try {
    const began = nowMs();
    const watch = new Watch(world, options);
    await watch.during(undefined, false, () => wait(WARM_UP_MS));
    let cycles = 0;
    let longestMs = 0;
    do {
      const cycleBegan = nowMs();
      cycles += 1;
      for (const scenario of scenarios) {
        await watch.scenario(scenario, cycles);
      }
      longestMs = Math.max(longestMs, nowMs() - cycleBegan);
    } while (nowMs() - began + longestMs <= minutes * 60_000);
    const ends = await watch.during(undefined, true, () =>
      Promise.all(world.clients.map((client) => client.end())),
    );
    await world.settle();
    return {
      minutes: (nowMs() - began) / 60_000,
      workers: options.workers,
      cycles,
      windows: watch.windows,
      columns: world.clients.map(({ column, calls, starved, heap }, index) => ({
        column,
        calls,
        starved,
        heap,
        end: ends[index] as ClientSeen,
      })),
      executedTwice: await world.executedTwice(),
      starved: world.starved,
      undrained: world.undrained,
    };
  } finally {
    await world.close();
  }
}

class Watch {
  readonly windows: Window[] = [];
  private readonly began = nowMs();

  constructor(
    private readonly world: World,
    private readonly options: RunOptions,
  ) {}

  async scenario(scenario: Scenario, cycle: number): Promise<void> {
    const { world, options } = this;
    await this.during(undefined, true, async () => {
      await scenario.prepare?.(world);
      await wait(CALM_MS);
    });
    await this.during(scenario, true, async (healed) => {
      await scenario.act(world);
      healed();
      await wait(scenario.windowMs);
    });
    const { at } = this.windows.at(-1) as Window;
    const failed = world.clients.map(({ calls }) => failedSince(calls, at));
    const clock = new Date(nowMs() - this.began).toISOString().slice(11, 19);
    const what = `${clock} cycle ${cycle}: ${scenario.id.padEnd(10)}`;
    options.tell(
      `${what} failed calls: ${failed.map((count) => String(count).padStart(3)).join(" ")}`,
    );
    for (const client of world.clients) {
      client.weigh();
    }
    const { mend } = scenario;
    if (mend === undefined) {
      return;
    }
    await this.during(undefined, false, async () => {
      mend(world);
      await wait(MEND_MS);
    });
  }

  /** Does something, and has a window for it, from the end of the one before. */
  async during<T>(
    scenario: Scenario | undefined,
    counts: boolean,
    act: (healed: () => void) => Promise<T>,
  ): Promise<T> {
    const { relays } = this.world;
    const before = relays.map(({ accepted }) => accepted);
    const at = this.windows.at(-1)?.until ?? this.began;
    let healedAt = nowMs();
    const done = await act(() => (healedAt = nowMs()));
    const connections = relays.map(({ accepted }, index) => accepted - (before[index] ?? 0));
    this.windows.push({ scenario, counts, at, healedAt, until: nowMs(), connections });
    return done;
  }
}

function failedSince(calls: readonly CallRecord[], at: number): number {
  let count = 0;
  for (let i = calls.length - 1; i >= 0; i--) {
    const { end, why } = calls[i] as CallRecord;
    if (end < at) {
      break;
    }
    if (why !== undefined) {
      count += 1;
    }
  }
  return count;
}
