import { type Contestant, STREAM_MESSAGES } from "./contestants.js";

/** Two contestants whose difference is the cost of something. */
export interface Row {
  readonly name: string;
  readonly base: Contestant;
  readonly other: Contestant;
  /** Number of calls or messages of each run; default 1. */
  readonly per?: number;
  /** Measured by `--quick` too. */
  readonly quick?: boolean;
}

/** Row that tells whether a run is valid. */
export const CONTROL: Row = {
  name: "A/A: bare against bare",
  base: "bare",
  other: "bare",
  quick: true,
};

/** Row that has the goals. */
export const UNARY: Row = {
  name: "unary, all policies",
  base: "bare",
  other: "sdk",
  quick: true,
};

/** The SDK against the bare client. */
export const COMPARED: readonly Row[] = [
  CONTROL,
  UNARY,
  { name: "unary, JSON", base: "bareJson", other: "sdkJson" },
  {
    name: "server stream, per message",
    base: "bareStream",
    other: "sdkStream",
    per: STREAM_MESSAGES,
  },
];

/** The SDK against itself, with one addition. */
export const POLICIES: readonly Row[] = [
  { name: "auth", base: "noAuth", other: "sdk" },
  { name: "tenant", base: "noTenant", other: "sdk" },
  // A request id cannot be switched off, but made by the caller.
  { name: "request id", base: "ownRequestId", other: "noRequestId" },
  { name: "idempotency key", base: "noKey", other: "sdk" },
  // Without retries, since the attempt timeout would need the timer.
  { name: "deadline", base: "noRetryNoDeadline", other: "noRetry" },
  { name: "retry", base: "noRetry", other: "sdk" },
  { name: "telemetry, nobody registered", base: "noTelemetry", other: "sdk" },
  { name: "observer", base: "sdk", other: "observer" },
];

/** Returns the row of a name. */
export function rowOf(name: string): Row {
  const row = [...COMPARED, ...POLICIES].find((each) => each.name === name);
  if (row === undefined) {
    throw new Error(`no row is named ${name}`);
  }
  return row;
}
