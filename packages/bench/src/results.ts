import type { Weight } from "./bundle.js";
import type { NetworkResults } from "./network/results.js";

/** Times of a row. */
export interface TimeResult {
  readonly name: string;
  /** Microseconds per call or message, medians over the processes. */
  readonly baseUs: number;
  readonly otherUs: number;
  /** Median of the ratios of the processes. */
  readonly ratio: number;
}

/** Result of a row. */
export interface RowResult extends TimeResult {
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

/** What a side of a row of Go came to, per call or message. */
export interface GoSide {
  /** Median over the processes. */
  readonly ns: number;
  readonly bytes: number;
  readonly allocations: number;
}

/** What a row of Go came to. */
export interface GoResult {
  readonly name: string;
  readonly base: GoSide;
  readonly other: GoSide;
  /** grpc-go, where it stands beside them. */
  readonly beside?: GoSide;
  /** Whether the times of base and other differ, as far as benchstat can tell. */
  readonly differs: boolean;
}

/** All rows of Go. */
export interface GoResults {
  readonly processes: number;
  readonly compared: readonly GoResult[];
  readonly policies: readonly GoResult[];
}

/** All rows of Python. */
export interface PythonResults {
  /** Those of loopback are missing where Go is, whose server they call. */
  readonly compared: readonly TimeResult[];
  readonly imports: readonly ImportResult[];
}

/** What the manifest of a synthetic module came to. */
export interface ManifestResults {
  readonly services: number;
  /** Methods of each service. */
  readonly methods: number;
  /** Milliseconds of each step. */
  readonly steps: Readonly<Record<string, number>>;
  /** Most memory that the process had. */
  readonly peakBytes: number;
  /** Problems that the check found: none are there. */
  readonly problems: number;
}

/** A goal, and whether it is met. */
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
  readonly manifest: ManifestResults;
  readonly network?: NetworkResults;
  /** Missing where Go is. */
  readonly go?: GoResults;
  /** Missing where Python is. */
  readonly python?: PythonResults;
}
