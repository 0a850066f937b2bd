import type { Weight } from "./bundle.js";

/** Result of a row. */
export interface RowResult {
  readonly name: string;
  /** Microseconds per call or message, medians over the processes. */
  readonly baseUs: number;
  readonly otherUs: number;
  /** Median of the ratios of the processes. */
  readonly ratio: number;
  /** Ratio of each process, sorted. */
  readonly ratios: readonly number[];
  /** Bytes per call or message. */
  readonly baseBytes: number;
  readonly otherBytes: number;
}

/** An import with an addition, against the same without it. */
export interface ImportResult {
  readonly name: string;
  readonly baseMs: number;
  readonly otherMs: number;
  /** Median over the pairs. */
  readonly ratio: number;
}

/** A bundle with an addition, against the same without it. */
export interface BundleResult {
  readonly name: string;
  readonly base: Weight;
  readonly other: Weight;
}

/** Goal, and whether it is met. */
export interface Goal {
  readonly name: string;
  readonly goal: string;
  readonly result: string;
  readonly met: boolean;
}

/** All results of a run; the content of `bench.json`. */
export interface Results {
  readonly node: string;
  readonly processes: number;
  readonly compared: readonly RowResult[];
  readonly policies: readonly RowResult[];
  readonly imports: readonly ImportResult[];
  readonly bundles: readonly BundleResult[];
}
