import { median } from "../stats.js";
import { Child } from "./child.js";
import { Client } from "./client.js";
import { type Contestant, NAMES } from "./contestants.js";
import type { Addresses } from "./peer.js";
import type { NetworkResults, SideResult, SituationResult } from "./results.js";
import {
  contestantsOf,
  CROWD,
  type Measure,
  SINGLE,
  type Situation,
  SITUATIONS,
  STREAM,
} from "./situations.js";
import type { Window } from "./window.js";

/** Extent of a measurement of the network. */
export interface NetworkEffort {
  readonly situations: readonly Situation[];
  /** How often all processes are started anew. */
  readonly sets: number;
  /** Windows of each process. */
  readonly rounds: number;
  /** Share of the calls of a window and of the warm-up, above 0, at most 1. */
  readonly share: number;
}

export const NETWORK_FULL: NetworkEffort = {
  situations: SITUATIONS,
  sets: 3,
  rounds: 12,
  share: 1,
};

export const NETWORK_QUICK: NetworkEffort = {
  situations: [CROWD, SINGLE, STREAM],
  sets: 1,
  rounds: 12,
  share: 1,
};

/** Windows of a set by contestant, one of each round. */
type Windows = ReadonlyMap<string, readonly Window[]>;

/** Measures all situations against a server in a process of its own. */
export async function measureNetwork(
  effort: NetworkEffort,
  progress: (text: string) => void,
): Promise<NetworkResults> {
  const server = Child.start("server_process");
  try {
    const addresses = await server.told<Addresses>();
    const situations: SituationResult[] = [];
    for (const situation of effort.situations) {
      progress(`${situation.name}: ${effort.sets} times ${effort.rounds} rounds`);
      situations.push(...(await measureSituation(situation, addresses, effort)));
    }
    return { sets: effort.sets, rounds: effort.rounds, situations };
  } finally {
    await server.close();
  }
}

/**
 * Measures a situation against the server at some addresses.
 *
 * @throws Error naming the contestant that fails or answers wrong.
 */
export async function measureSituation(
  situation: Situation,
  addresses: Addresses,
  effort: Pick<NetworkEffort, "sets" | "rounds" | "share">,
): Promise<SituationResult[]> {
  const contestants = contestantsOf(situation);
  const sets: Windows[] = [];
  for (let set = 0; set < effort.sets; set++) {
    sets.push(await measureSet(situation, contestants, addresses, effort));
  }
  return situation.measures.map((measure) => ({
    situation: situation.name,
    measure,
    sides: contestants.map((contestant) => sideOf(contestant, sets, measure)),
  }));
}

// All of a set stand ready before the first window, and wait while it is another's turn.
async function measureSet(
  situation: Situation,
  contestants: readonly Contestant[],
  addresses: Addresses,
  { rounds, share }: Pick<NetworkEffort, "rounds" | "share">,
): Promise<Windows> {
  const clients: Client[] = [];
  try {
    for (const { name } of contestants) {
      const task = { situation: situation.name, contestant: name, addresses, share };
      clients.push(await Client.start(task));
    }
    const windows = new Map(contestants.map(({ name }) => [name, [] as Window[]]));
    for (let round = 0; round < rounds; round++) {
      // Each is as often before another as after it.
      for (const client of round % 2 === 0 ? clients : clients.toReversed()) {
        windows.get(client.name)?.push(await client.window());
      }
    }
    return windows;
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

function sideOf(
  { name, protocol }: Contestant,
  sets: readonly Windows[],
  measure: Measure,
): SideResult {
  const of = (set: Windows, side: string) => (set.get(side) ?? []).map((window) => window[measure]);
  const to = (base: string) =>
    median(
      sets.map((set) => {
        const bases = of(set, base);
        return median(of(set, name).map((us, round) => us / (bases[round] as number)));
      }),
    );
  return {
    name,
    us: median(sets.flatMap((set) => of(set, name))),
    toFloor: to(NAMES.floor[protocol]),
    toConnectNode: to(NAMES.connectNode),
    ...(sets.every((set) => set.has(NAMES.grpcJs)) ? { toGrpcJs: to(NAMES.grpcJs) } : {}),
  };
}
