import type { Method } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { FACT_NAMES, FACT_OPTIONS, factsOf, isSame, show, type Value } from "../fact_values.js";
import type { Rule } from "./problem.js";

/** A value that is not the one that is wanted. */
export interface Difference {
  readonly rule: Rule;
  readonly message: string;
}

/** Lists how a method differs from the one that has to exist, names apart. */
export function methodDifferences(wanted: Method, found: Method): Difference[] {
  return [
    ...kindAndTypes(wanted, found),
    ...differs("wrong-policy", "idempotency level", wanted.idempotency, found.idempotency),
    ...differs("wrong-policy", "deprecated", wanted.deprecated, found.deprecated),
    ...FACT_NAMES.flatMap((name) =>
      differs("wrong-policy", FACT_OPTIONS[name], factsOf(wanted)[name], factsOf(found)[name]),
    ),
  ];
}

/** Lists how kind and types differ from those that are wanted. */
export function kindAndTypes(
  wanted: Pick<Method, "kind" | "input" | "output">,
  found: Pick<Method, "kind" | "input" | "output">,
): Difference[] {
  return [
    ...differs("wrong-kind", "kind", wanted.kind, found.kind),
    ...differs("wrong-type", "request", wanted.input, found.input),
    ...differs("wrong-type", "response", wanted.output, found.output),
  ];
}

/** The difference of two values, if there is one. */
export function differs(rule: Rule, what: string, wanted: Value, found: Value): Difference[] {
  if (isSame(wanted, found)) {
    return [];
  }
  return [{ rule, message: `${what} is ${show(found)}, should be ${show(wanted)}` }];
}
