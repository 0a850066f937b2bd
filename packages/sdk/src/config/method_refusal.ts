import type { DescField, DescMethod } from "@bufbuild/protobuf";
import { methodName } from "./method_facts.js";
import type { EffectivePolicy } from "../policy/policy.js";
import { findRequestIdField } from "./request_id_field.js";

const PROTO = "proto: ";

/** Why no call of a method can be made. */
export interface Refusal {
  /** The option or fact that is wrong. */
  readonly option: string;
  readonly rule: string;
}

/**
 * Looks whether a policy can be carried out for its method: facts are stated by
 * name and number, in protos and documents that nothing compiles together with
 * what they speak of.
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

// A source names the method, and the line of the fact where that is known.
function optionOf(source: string, name: string): string {
  return `(ameide.policy.v1.${name}) of ${source.slice(PROTO.length)}`;
}
