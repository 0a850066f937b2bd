import { create } from "@bufbuild/protobuf";
import { type Given, GivenSchema, type Script, ScriptSchema } from "@ameideio/conformance-proto";
import { needsOf } from "../suite/abilities.js";
import { ABILITIES } from "../suite/vocabulary.js";
import { generateGiven } from "./generate_given.js";
import { generateScript } from "./generate_script.js";
import { predict } from "./model.js";
import type { Kind } from "./model/levels.js";
import type { Protocol } from "./model/policy.js";
import type { Prediction } from "./model/prediction.js";
import { Random } from "./random.js";

/** Generated case, with the model's prediction. */
export interface GeneratedCase {
  readonly seed: number;
  readonly index: number;
  readonly given: Given;
  readonly script: Script;
  readonly format: "binary" | "json";
  readonly protocol: Protocol;
  readonly entry: number;
  readonly prediction: Prediction;
  /** Cases that were discarded before it, with the reasons. */
  readonly discarded: readonly string[];
}

/** Choices for a case, in the words of adapters; an empty list leaves all open. */
export interface Among {
  readonly protocols: readonly string[];
  readonly kinds: readonly string[];
  /** What a case may need of a language; absent for all there is. */
  readonly abilities?: readonly string[];
}

const TRIES = 400;
const PROTOCOLS: readonly Protocol[] = ["connect", "grpc", "grpc-web"];
const KINDS: readonly (readonly [name: string, kind: Kind, weight: number])[] = [
  ["unary", "unary", 4],
  ["server_streaming", "server", 4],
  ["client_streaming", "client", 2],
  ["bidi_streaming", "bidi", 3],
];

/**
 * Returns the case of a seed and an index: always the same for the same choices.
 *
 * A case that the model cannot vouch for (see the notes of a prediction) is discarded, and another
 * is generated.
 *
 * @throws Error if no choice is left.
 */
export function generateCase(
  seed: number,
  index: number,
  among: Among = { protocols: [], kinds: [] },
): GeneratedCase {
  const random = new Random(seed, index);
  const discarded: string[] = [];
  const isAmong = (list: readonly string[], name: string): boolean =>
    list.length === 0 || list.includes(name);
  const protocols = PROTOCOLS.filter((name) => isAmong(among.protocols, name));
  const kinds = KINDS.filter(([name]) => isAmong(among.kinds, name));
  const one = kinds.map(([, kind, weight]) => [weight, () => [kind]] as const);
  const all = kinds.map(([, kind]) => kind);
  const isAlike = ABILITIES.every((each) => among.abilities?.includes(each) !== false);
  for (let i = 0; i < TRIES; i++) {
    const protocol = random.pick(protocols);
    const called = random.weighted<readonly Kind[]>([...one, [1, () => all]]);
    const { given: init, uniform, wallClockMs } = generateGiven(random, called);
    const given = create(GivenSchema, init);
    const kind = called.length === 1 ? called[0] : undefined;
    const context = { uniform, wallClockMs, protocol, kind };
    const script = create(ScriptSchema, generateScript(random, context));
    const format = random.pick(["binary", "json"] as const);
    const entry = random.between(0, 5);
    const beyond = needsOf(given, script).filter(
      (each) => among.abilities?.includes(each) === false,
    );
    if (beyond.length > 0) {
      discarded.push(...beyond.map((each) => `needs ${each}`));
      continue;
    }
    const prediction = predict(given, script, protocol);
    if (!isAlike && differsByLanguage(given, prediction)) {
      discarded.push("differs by language");
      continue;
    }
    if (prediction.notes.length === 0) {
      return { seed, index, given, script, format, protocol, entry, prediction, discarded };
    }
    discarded.push(...prediction.notes);
  }
  throw new Error(`no case in ${TRIES} tries for seed ${seed}, index ${index}`);
}

/**
 * Reports whether the model, which is TypeScript's where languages may differ, does not know what
 * others do:
 *
 * - A caller that sends each message by a call of its own, and pauses before, learns at its next one
 *   that an attempt has failed.
 * - A context that has ended by its deadline cannot be canceled any more.
 * - Of parallel calls that are repeated at one instant, which comes first is the runtime's.
 */
function differsByLanguage(given: Given, prediction: Prediction): boolean {
  const calls = given.steps.flatMap(({ action }) => (action.case === "call" ? [action.value] : []));
  return (
    calls.some(({ textDelayMs }) => textDelayMs > 0n) ||
    calls.some(
      ({ cancel, runtimeTimeoutMs }) =>
        cancel?.byCallback === true && (runtimeTimeoutMs !== undefined || cancel.asTimeout),
    ) ||
    (prediction.parallel && prediction.sleeps?.length !== 0)
  );
}
