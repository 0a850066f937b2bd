import type { DescField, DescMethod } from "@bufbuild/protobuf";
import { methodName } from "./method_facts.js";
import type { EffectivePolicy } from "../policy/policy.js";
import { findRequestIdField } from "./request_id_field.js";

const PROTO = "proto: ";

/** Reason for which no call of a method can be made. */
export interface Refusal {
  /** Option or fact that is wrong. */
  readonly option: string;
  readonly rule: string;
}

/**
 * Checks that a policy can be carried out for its method. Protos and documents state facts by name
 * and number, and no compiler checks those against the messages.
 */
export function refusalOf(
  method: DescMethod,
  { values, sources }: EffectivePolicy,
): { readonly requestIdField?: DescField; readonly refusal?: Refusal } {
  const byProto = (name: keyof typeof sources) => sources[name].startsWith(PROTO);
  if (byProto("timeoutMs") && !((values.timeoutMs as number) >= 1)) {
    const option = optionOf(sources.timeoutMs, "default_timeout_ms");
    return { refusal: { option, rule: "must be at least 1" } };
  }
  if (values.requestIdField === null) {
    return {};
  }
  const fromProto = byProto("requestIdField");
  const found = findRequestIdField(method, values.requestIdField, fromProto);
  if (found.problem === undefined) {
    return { requestIdField: found.field };
  }
  const option = fromProto
    ? optionOf(sources.requestIdField, "request_id_field")
    : `policy.methods[${methodName(method)}].facts.requestIdField`;
  return { refusal: { option, rule: found.problem } };
}

// Names an option by its source, which has the method, and the line of the fact if known.
function optionOf(source: string, name: string): string {
  return `(ameide.policy.v1.${name}) of ${source.slice(PROTO.length)}`;
}
