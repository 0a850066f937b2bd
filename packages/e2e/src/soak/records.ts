/**
 * Kind of a call: repeatable; not repeatable, and counted by the server; a stream; or one whose
 * deadline is shorter than any answer.
 */
export type Kind = "idempotent" | "unknown" | "stream" | "brief";

/** One call, as the process saw that made it. */
export interface CallRecord {
  readonly kind: Kind;
  /** It began by the clock, not because a worker had nothing to do. */
  readonly probe?: true;
  /** When it began and ended, on the clock of {@link nowMs}. */
  readonly begin: number;
  readonly end: number;
  /** Error of the call; absent if it succeeded. */
  readonly why?: string;
  /** A limit of time ended it, or one of its attempts. */
  readonly byTime?: true;
  /** Time that it went on after the timer of its deadline, if it did. */
  readonly overdueMs?: number;
  /**
   * True if it was still going on when a second timer, set for the bound when the first one fired,
   * had fired too.
   */
  readonly late?: true;
}

/** Milliseconds on a clock that all processes of this machine share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
