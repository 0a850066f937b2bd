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
  /** What the servers do. */
  readonly world: WorldOptions;
  /** Calls carry a token of the server's own. Default: none. */
  readonly withToken?: boolean;
  /** Longest time of one attempt, for the SDK that can limit it. */
  readonly attemptTimeoutMs?: number;
  /** How long the demo waits for the call, in milliseconds. Default 10000. */
  readonly giveUpMs?: number;
  /** What comes before, unobserved. */
  prepare?(stage: { readonly transport: Transport; readonly directUrl: string }): Promise<void>;
  /** The call: the same code for both SDKs. */
  call(transport: Transport, signal: AbortSignal): Promise<unknown>;
  /** What happened, in the words of the table. */
  cell(trial: Trial): string;
  /** Whether the caller got what could be got. */
  good(trial: Trial): boolean;
  /** How a call of the SDK ends if it keeps the contract. */
  expected(facts: MethodFacts): Expected;
  /** What the servers counted, in the words of the timeline. */
  counted(server: ServerCounts): string;
  /**
   * What decides how the call ends: what the proto says of repeating the method, what it says of
   * authentication, or a rule of the SDK in words. Default `repeating`.
   */
  readonly decidedBy?: "repeating" | "auth" | { readonly rule: string };
  /**
   * What the SDK's call comes to where the proto lets the method be repeated, and where it does
   * not, as `try:` foretells it. Defaults `retried` and `stopped: not_idempotent`.
   */
  readonly foretold?: { readonly repeatable?: string; readonly unrepeatable?: string };
}
