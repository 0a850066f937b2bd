import type { Filter } from "../suite/plan.js";

/** Options of the command line. */
export interface Options {
  readonly help: boolean;
  readonly list: boolean;
  readonly verbose: boolean;
  /** Ids of SDKs; empty for all. */
  readonly sdks: readonly string[];
  /** Globs over names and ids of cases; empty for all. */
  readonly cases: readonly string[];
  /** Folders of cases instead of our own. */
  readonly folders: readonly string[];
  /** File of adapters instead of our own. */
  readonly adapters: string | undefined;
  readonly filter: Filter;
  /** Folder for the reports. */
  readonly report: string | undefined;
  /** Folder for the verdicts of the SDKs, also of a run of some cases. */
  readonly verdicts: string | undefined;
  /** Number of random cases; undefined for none. */
  readonly fuzz: number | undefined;
  readonly seed: number;
  readonly mutate: boolean;
}
