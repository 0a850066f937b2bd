import type { Goal } from "../results.js";
import { NAMES } from "./contestants.js";
import type { NetworkResults, SideResult, SituationResult } from "./results.js";
import { CROWD, type Measure, type Situation, SINGLE, STREAM } from "./situations.js";

/** What a contestant is to come to, beside another. */
export interface NetworkGoal {
  readonly situation: Situation;
  readonly measure: Measure;
  readonly side: string;
  readonly base: string;
  readonly ratio: keyof SideResult & `to${string}`;
  readonly most: number;
}

const sdk = { side: NAMES.sdk, base: NAMES.connectNode, ratio: "toConnectNode" } as const;
const sdkGrpc = { side: NAMES.sdkGrpc, base: NAMES.grpcJs, ratio: "toGrpcJs" } as const;

export const NETWORK_GOALS: readonly NetworkGoal[] = [
  { situation: CROWD, measure: "cpuUs", ...sdk, most: 0.5 },
  { situation: CROWD, measure: "cpuUs", ...sdkGrpc, most: 0.75 },
  { situation: SINGLE, measure: "p50Us", ...sdk, most: 0.8 },
  { situation: STREAM, measure: "cpuUs", ...sdk, most: 0.4 },
];

/** Bounds of the control rows: beyond them the machine was too restless to tell. */
export const NETWORK_CONTROL_BOUNDS = { least: 0.95, most: 1.05 } as const;

/** Every goal that the run has a result for. */
export function networkGoalsOf({ situations }: NetworkResults): readonly Goal[] {
  return NETWORK_GOALS.flatMap(({ situation, measure, side, base, ratio, most }) => {
    const row = situations.find(
      (each) => each.situation === situation.name && each.measure === measure,
    );
    const found = row === undefined ? undefined : sideOf(row, side)?.[ratio];
    if (row === undefined || found === undefined) {
      return [];
    }
    const name = `${situation.name}, ${MEASURES[measure]}: ${side} / ${base}`;
    return [{ name, goal: `≤ ${times(most)}`, result: times(found), met: found <= most }];
  });
}

/** Reports whether connect-node compares equal with itself, in each row. */
export function isNetworkValid({ situations }: NetworkResults): boolean {
  const { least, most } = NETWORK_CONTROL_BOUNDS;
  return situations.every((row) => {
    const ratio = sideOf(row, NAMES.control)?.toConnectNode ?? NaN;
    return ratio >= least && ratio <= most;
  });
}

/** What measures are called. */
export const MEASURES: Readonly<Record<Measure, string>> = {
  cpuUs: "the client's CPU",
  p50Us: "p50",
};

export function times(ratio: number): string {
  return `${ratio.toFixed(2)}×`;
}

function sideOf({ sides }: SituationResult, name: string): SideResult | undefined {
  return sides.find((side) => side.name === name);
}
