import type { Weight } from "./bundle.js";

/** What a row came to. */
export interface RowResult {
  readonly name: string;
  /** Microseconds per call or message, medians over the processes. */
  readonly baseUs: number;
  readonly otherUs: number;
  /** Median over the processes of what each found. */
  readonly ratio: number;
  /** Of each process, sorted. */
  readonly ratios: readonly number[];
  /** Bytes per call or message. */
  readonly baseBytes: number;
  readonly otherBytes: number;
}

/** An import with something more, against the same without it. */
export interface ImportResult {
  readonly name: string;
  readonly baseMs: number;
  readonly otherMs: number;
  /** Median over the pairs. */
  readonly ratio: number;
}

/** A bundle with something more, against the same without it. */
export interface BundleResult {
  readonly name: string;
  readonly base: Weight;
  readonly other: Weight;
}

/** A goal, and whether it is met. */
export interface Goal {
  readonly name: string;
  readonly goal: string;
  readonly result: string;
  readonly met: boolean;
}

/** All that a run found; `bench.json` is this. */
export interface Results {
  readonly node: string;
  readonly processes: number;
  readonly compared: readonly RowResult[];
  readonly policies: readonly RowResult[];
  readonly imports: readonly ImportResult[];
  readonly bundles: readonly BundleResult[];
}
