import type { AdapterCommand } from "../adapter/adapter_process.js";
import type { Filter } from "../suite/plan.js";

/** What the command line says. */
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
  readonly filter: Filter;
  /** Folder the reports go to. */
  readonly report: string | undefined;
  /** How many random cases; undefined for none. */
  readonly fuzz: number | undefined;
  readonly seed: number;
  readonly mutate: boolean;
}

/** What the parts that make up their own cases, or change the SDK, are started with. */
export interface ToolOptions {
  readonly adapters: readonly AdapterCommand[];
  readonly filter: Filter;
  readonly seed: number;
  readonly verbose: boolean;
  /** Where to print; a line at a time. */
  readonly print: (line: string) => void;
}
