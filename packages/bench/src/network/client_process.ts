// Is one client in one situation. Tells its parent when its answers are right and its code is warm,
// then what each window comes to that it is asked for, or what went wrong; and ends with it.
import process from "node:process";
import { contestantOf } from "./contestants.js";
import type { Addresses } from "./peer.js";
import { situationOf } from "./situations.js";
import { check, runWindow, warmUp, type Window } from "./window.js";

/** What the process is told at its start, as JSON in its argument. */
export interface Task {
  readonly situation: string;
  readonly contestant: string;
  readonly addresses: Addresses;
  /** Share of the situation's calls to make, above 0, at most 1. */
  readonly share: number;
}

/** What it tells. */
export type Told =
  | { readonly ready: true }
  | { readonly window: Window }
  | { readonly wrong: string };

const { contestant, addresses, share, ...task } = JSON.parse(process.argv[2] ?? "") as Task;
const situation = situationOf(task.situation);
const { version } = situation;
const tell = (told: Told) => process.send?.(told);
const shareOf = (calls: number) => Math.max(1, Math.ceil(calls * share));

process.on("disconnect", () => process.exit());
await telling(async () => {
  const { protocol, load } = contestantOf(contestant);
  const { makePeer } = await load(version);
  const peer = makePeer(addresses[version], version, protocol);
  await check(peer, situation);
  await warmUp(peer, situation, shareOf(situation.warmUp));
  process.on("message", () => {
    void telling(async () => ({
      window: await runWindow(peer, situation, shareOf(situation.calls)),
    }));
  });
  return { ready: true };
});

async function telling(work: () => Promise<Told>): Promise<void> {
  try {
    tell(await work());
  } catch (error) {
    tell({ wrong: error instanceof Error ? error.message : String(error) });
  }
}
