import { fromJson, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type Given, GivenSchema, type Script, ScriptSchema } from "@ameideio/conformance-proto";

export interface Shrinkable {
  readonly given: Given;
  readonly script: Script;
}

/**
 * Shrinks a case greedily: the first smaller one that still shows `fails` is shrunk further, until
 * none does.
 *
 * @param fails - Reports whether a smaller case still shows it.
 * @param maxRuns - Maximum number of calls of `fails`. Default 500.
 */
export async function shrink(
  start: Shrinkable,
  fails: (candidate: Shrinkable) => Promise<boolean>,
  maxRuns = 500,
): Promise<Shrinkable> {
  let best = start;
  let json = toPair(start);
  let runs = 0;
  for (let progress = true; progress;) {
    progress = false;
    for (const smaller of smallerThan(json)) {
      const candidate = fromPair(smaller);
      if (candidate === undefined) {
        continue;
      }
      if (runs++ >= maxRuns) {
        return best;
      }
      if (await fails(candidate)) {
        best = candidate;
        json = smaller;
        progress = true;
        break;
      }
    }
  }
  return best;
}

function toPair({ given, script }: Shrinkable): JsonObject {
  return { given: toJson(GivenSchema, given), script: toJson(ScriptSchema, script) };
}

function fromPair({ given, script }: JsonObject): Shrinkable | undefined {
  try {
    return {
      given: fromJson(GivenSchema, given ?? {}),
      script: fromJson(ScriptSchema, script ?? {}),
    };
  } catch {
    return undefined;
  }
}

/** Yields every value with one part removed or made smaller, large parts first. */
export function* smallerThan(value: JsonObject): Generator<JsonObject> {
  yield* withoutStepAndAnswer(value);
  // By depth, so that whole steps and answers are tried before the numbers in them.
  for (let depth = 1; depth <= 10; depth++) {
    yield* atDepth(value, depth) as Generator<JsonObject>;
  }
}

// Removes a call together with its answer: if only one were removed, the other answers would go to
// other calls.
function* withoutStepAndAnswer({ given, script }: JsonObject): Generator<JsonObject> {
  const steps = listIn(given, "steps");
  const answers = listIn(script, "answers");
  for (let step = 0; step < steps.length; step++) {
    for (let answer = 0; answer < answers.length; answer++) {
      yield {
        given: { ...(given as JsonObject), steps: steps.toSpliced(step, 1) },
        script: { ...(script as JsonObject), answers: answers.toSpliced(answer, 1) },
      };
    }
  }
}

function listIn(value: JsonValue | undefined, name: string): readonly JsonValue[] {
  const list = (value as JsonObject | undefined)?.[name];
  return Array.isArray(list) ? list : [];
}

function* atDepth(value: JsonValue, depth: number): Generator<JsonValue> {
  if (Array.isArray(value)) {
    for (let i = value.length - 1; i >= 0; i--) {
      if (depth === 1) {
        yield value.toSpliced(i, 1);
      } else {
        for (const part of atDepth(value[i] as JsonValue, depth - 1)) {
          yield value.with(i, part);
        }
      }
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      const { [key]: _, ...others } = value;
      if (depth === 1) {
        yield others;
      } else {
        for (const smaller of atDepth(part, depth - 1)) {
          yield { ...value, [key]: smaller };
        }
      }
    }
  } else if (depth === 1) {
    yield* smallerScalar(value);
  }
}

function* smallerScalar(value: JsonValue): Generator<JsonValue> {
  const isText = typeof value === "string";
  if (isText && !/^\d+$/.test(value)) {
    return;
  }
  const number = Number(value);
  if (!Number.isFinite(number) || typeof value === "boolean") {
    return;
  }
  for (const smaller of new Set([0, 1, roundest(number), Math.floor(number / 2)])) {
    if (smaller < number) {
      yield isText ? String(smaller) : smaller;
    }
  }
}

// Rounds: 4711 → 4000.
function roundest(number: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, number)));
  return Math.floor(number / unit) * unit;
}
