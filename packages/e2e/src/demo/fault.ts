import type { Transport } from "@connectrpc/connect";
import type { DescMethod } from "@bufbuild/protobuf";
import type { MethodFacts } from "./method_facts.js";
import type { Expected } from "./expected.js";
import type { Trial } from "./trial.js";
import type { ServerCounts, WorldOptions } from "./world.js";

/** One row of the demo: something that goes wrong, and what should become of a call then. */
export interface Fault {
  /** Its name in JSON. */
  readonly id: string;
  /** Its name in the table, at most 30 columns. */
  readonly title: string;
  /** The method that is called. */
  readonly method: DescMethod;
  /** Behavior of the servers. */
  readonly world: WorldOptions;
  /** Calls carry a token of the server's own. Default: none. */
  readonly withToken?: boolean;
  /** Longest time of one attempt, for the SDK that can limit it. */
  readonly attemptTimeoutMs?: number;
  /** How long the demo waits for the call, in milliseconds. Default 10000. */
  readonly giveUpMs?: number;
  /** Prepares the trial, unobserved. */
  prepare?(stage: { readonly transport: Transport; readonly directUrl: string }): Promise<void>;
  /** The call: the same code for both SDKs. */
  call(transport: Transport, signal: AbortSignal): Promise<unknown>;
  /** Describes the result in the words of the table. */
  cell(trial: Trial): string;
  /** Reports whether the caller got the best possible result. */
  good(trial: Trial): boolean;
  /** How a call of the SDK ends if it keeps the contract. */
  expected(facts: MethodFacts): Expected;
  /** Describes the servers' counts in the words of the timeline. */
  counted(server: ServerCounts): string;
  /**
   * Fact that decides how the call ends: the proto's statement about repeating the method, or about
   * authentication, or a rule of the SDK in words. Default `repeating`.
   */
  readonly decidedBy?: "repeating" | "auth" | { readonly rule: string };
  /**
   * Outcomes of the SDK's call if the proto allows repeating the method, and if it does not, as
   * predicted by `try:`. Defaults `retried` and `stopped: not_idempotent`.
   */
  readonly foretold?: { readonly repeatable?: string; readonly unrepeatable?: string };
}
