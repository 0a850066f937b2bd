import { CONTESTANTS, type Contestant } from "./contestants.js";
import { STREAM_MESSAGES } from "./messages.js";
import type { HttpVersion } from "./peer.js";

/** What is measured: CPU time of the client's process, or the median time of a call. */
export type Measure = "cpuUs" | "p50Us";

/** What clients are asked to do. */
export interface Situation {
  readonly name: string;
  readonly version: HttpVersion;
  readonly kind: "unary" | "stream";
  /** Calls under way at the same time. */
  readonly inFlight: number;
  /** Calls of one window. */
  readonly calls: number;
  /** Messages of a call, by which its time is divided. */
  readonly per: number;
  /** Calls before the first window, so that code is optimized. */
  readonly warmUp: number;
  readonly measures: readonly Measure[];
}

const unary = { kind: "unary", per: 1 } as const;
const cpu = ["cpuUs"] as const;
// Windows are so long that garbage is collected in most of them: a median must not leave it out.
const crowd = { ...unary, inFlight: 64, calls: 640, warmUp: 4_000, measures: cpu };
const single = {
  ...unary,
  inFlight: 1,
  calls: 300,
  warmUp: 2_000,
  measures: ["p50Us", "cpuUs"],
} as const;
const stream = {
  kind: "stream",
  inFlight: 1,
  calls: 10,
  per: STREAM_MESSAGES,
  warmUp: 20,
  measures: cpu,
} as const;

/** Those that have goals. */
export const CROWD: Situation = { name: "HTTP/2, 64 in flight", version: "2", ...crowd };
export const SINGLE: Situation = { name: "HTTP/2, one at a time", version: "2", ...single };
export const STREAM: Situation = { name: "HTTP/2, server stream", version: "2", ...stream };

export const SITUATIONS: readonly Situation[] = [
  CROWD,
  { name: "HTTP/1.1, 64 in flight", version: "1.1", ...crowd },
  SINGLE,
  { name: "HTTP/1.1, one at a time", version: "1.1", ...single },
  STREAM,
  { name: "HTTP/1.1, server stream", version: "1.1", ...stream },
];

/** Those that can do it. */
export function contestantsOf({ version }: Situation): readonly Contestant[] {
  return CONTESTANTS.filter(({ versions }) => versions.includes(version));
}

/** Returns the situation of a name. */
export function situationOf(name: string): Situation {
  const found = SITUATIONS.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`no situation is named ${name}`);
  }
  return found;
}
