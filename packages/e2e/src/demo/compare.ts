import { type MethodFacts, methodFacts } from "./method_facts.js";
import { deviations } from "./expected.js";
import { firstDifference } from "./decisions.js";
import type { Fault } from "./fault.js";
import { ameide, type Sdk, typical } from "./sdks.js";
import { runTrial } from "./run_trial.js";
import type { Trial } from "./trial.js";

/** One fault with an SDK of ours in another language. */
export interface Other {
  readonly trial: Trial;
  /** As of {@link Comparison}. */
  readonly deviations: readonly string[];
  /** Where it decided otherwise than TypeScript's; undefined if it did not. */
  readonly difference: string | undefined;
}

/** One fault with a typical client and with the SDKs. */
export interface Comparison {
  readonly fault: Fault;
  readonly facts: MethodFacts;
  readonly typical: Trial;
  readonly ameide: Trial;
  /** Deviations of the SDK's call from its contract; empty if there are none. */
  readonly deviations: readonly string[];
  /** The SDKs of other languages. */
  readonly others: readonly Other[];
}

/** Receives the progress of a comparison. */
export interface Progress {
  started?(fault: Fault): void;
  ended?(fault: Fault, trial: Trial): void;
}

/**
 * Makes a fault happen to the typical client, then to the SDK, then to those of other languages.
 *
 * @param others - The SDKs of other languages. Default: none.
 */
export async function compare(
  fault: Fault,
  others: readonly Sdk[] = [],
  progress: Progress = {},
): Promise<Comparison> {
  progress.started?.(fault);
  const first = await runTrial(fault, typical);
  progress.ended?.(fault, first);
  const second = await runTrial(fault, ameide);
  progress.ended?.(fault, second);
  const facts = methodFacts(fault.method);
  const compared: Other[] = [];
  for (const sdk of others) {
    const trial = await runTrial(fault, sdk);
    progress.ended?.(fault, trial);
    compared.push({
      trial,
      deviations: deviations(trial, fault.expected(facts)),
      difference: firstDifference(second, trial),
    });
  }
  return {
    fault,
    facts,
    typical: first,
    ameide: second,
    deviations: deviations(second, fault.expected(facts)),
    others: compared,
  };
}

/** Whether every SDK of ours did as the contract says, and all decided alike. */
export function isAsStated({ deviations: own, others }: Comparison): boolean {
  return (
    own.length === 0 &&
    others.every(
      ({ deviations: theirs, difference }) => theirs.length === 0 && difference === undefined,
    )
  );
}
