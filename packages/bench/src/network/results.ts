import type { Measure } from "./situations.js";

/** What a contestant came to. */
export interface SideResult {
  readonly name: string;
  /** Microseconds per call or message, median of all windows. */
  readonly us: number;
  /** Medians of the ratios of the rounds, then of the sets: to the raw client of its protocol. */
  readonly toFloor: number;
  readonly toConnectNode: number;
  /** Missing where gRPC is not spoken. */
  readonly toGrpcJs?: number;
}

/** One measure of a situation. */
export interface SituationResult {
  readonly situation: string;
  readonly measure: Measure;
  readonly sides: readonly SideResult[];
}

/** All rows between two processes. */
export interface NetworkResults {
  readonly sets: number;
  readonly rounds: number;
  readonly situations: readonly SituationResult[];
}

/** A run of these rows alone. */
export interface NetworkRun {
  readonly node: string;
  readonly network: NetworkResults;
}
