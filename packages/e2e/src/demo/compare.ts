import { type MethodFacts, methodFacts } from "./method_facts.js";
import { deviations } from "./expected.js";
import type { Fault } from "./fault.js";
import { ameide, typical } from "./sdks.js";
import { runTrial } from "./run_trial.js";
import type { Trial } from "./trial.js";

/** One fault with both SDKs. */
export interface Comparison {
  readonly fault: Fault;
  readonly facts: MethodFacts;
  readonly typical: Trial;
  readonly ameide: Trial;
  /** Deviations of the SDK's call from its contract; empty if there are none. */
  readonly deviations: readonly string[];
}

/** Receives the progress of a comparison. */
export interface Progress {
  started?(fault: Fault): void;
  ended?(fault: Fault, trial: Trial): void;
}

/** Makes a fault happen to the typical client, then to the SDK. */
export async function compare(fault: Fault, progress: Progress = {}): Promise<Comparison> {
  progress.started?.(fault);
  const first = await runTrial(fault, typical);
  progress.ended?.(fault, first);
  const second = await runTrial(fault, ameide);
  progress.ended?.(fault, second);
  const facts = methodFacts(fault.method);
  return {
    fault,
    facts,
    typical: first,
    ameide: second,
    deviations: deviations(second, fault.expected(facts)),
  };
}
