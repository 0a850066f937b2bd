import { create } from "@bufbuild/protobuf";
import { type Given, GivenSchema, type Script, ScriptSchema } from "@ameideio/conformance-proto";
import { generateGiven } from "./generate_given.js";
import { generateScript } from "./generate_script.js";
import { predict } from "./model.js";
import type { Prediction } from "./model/prediction.js";
import { Random } from "./random.js";

/** A case nobody wrote, and what the model says of it. */
export interface GeneratedCase {
  readonly seed: number;
  readonly index: number;
  readonly given: Given;
  readonly script: Script;
  readonly format: "binary" | "json";
  readonly door: number;
  readonly prediction: Prediction;
  /** Cases that were thrown away before it, with what spoke against them. */
  readonly discarded: readonly string[];
}

const TRIES = 200;

/**
 * The case of a seed and an index: always the same.
 *
 * What the model cannot vouch for (see the notes of a prediction) is thrown away and made anew.
 */
export function generateCase(seed: number, index: number): GeneratedCase {
  const random = new Random(seed, index);
  const discarded: string[] = [];
  for (let i = 0; i < TRIES; i++) {
    const { given: init, uniform, wallClockMs } = generateGiven(random);
    const given = create(GivenSchema, init);
    const script = create(ScriptSchema, generateScript(random, { uniform, wallClockMs }));
    const format = random.pick(["binary", "json"] as const);
    const door = random.between(0, 1);
    const prediction = predict(given, script);
    if (prediction.notes.length === 0) {
      return { seed, index, given, script, format, door, prediction, discarded };
    }
    discarded.push(...prediction.notes);
  }
  throw new Error(`no case in ${TRIES} tries for seed ${seed}, index ${index}`);
}
