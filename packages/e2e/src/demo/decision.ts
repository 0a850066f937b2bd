import type { MethodFacts } from "./method_facts.js";
import type { Fault } from "./fault.js";
import { findInProto, type ProtoLine } from "./proto_source.js";

/** Fact that decided about a call, and the change that leads to another decision. */
export interface Decision {
  /** The fact, with the line of the .proto file that states it. */
  readonly fact: string;
  /** Place in a timeline: after the decision not to act again, to act again, or at its end. */
  readonly place: "stop" | "retry" | "end";
  /** Change to make before the next run, and the decision that it leads to. */
  readonly tryThis?: string;
}

const KEY = "(ameide.policy.v1.idempotency_key)";
const AUTH = "(ameide.policy.v1.auth)";

/** Finds what decided about the calls of a fault. */
export function decisionOf(fault: Fault, facts: MethodFacts): Decision {
  const { decidedBy = "repeating" } = fault;
  if (typeof decidedBy === "object") {
    return { fact: decidedBy.rule, place: "stop" };
  }
  return decidedBy === "auth" ? byAuth(fault, facts) : byRepeating(fault, facts);
}

function byRepeating({ method, foretold = {} }: Fault, { repeatable }: MethodFacts): Decision {
  if (repeatable === undefined) {
    const rpc = at(findInProto(method));
    return {
      fact: `${rpc} declares no idempotency`,
      place: "stop",
      tryThis: `insert after ${rpc} option ${KEY} = true; → ${foretold.repeatable ?? "retried"}`,
    };
  }
  const option = repeatable === "idempotency_key" ? KEY : "idempotency_level";
  const line = findInProto(method, option);
  return {
    fact: `${at(line)} declares ${repeatable}`,
    place: "retry",
    tryThis: `${remove(line, repeatable)}, run again → ${foretold.unrepeatable ?? "stopped: not_idempotent"}`,
  };
}

function byAuth({ method }: Fault, { bearer }: MethodFacts): Decision {
  const rpc = at(findInProto(method));
  if (bearer) {
    return {
      fact: `${rpc} takes a bearer token: one is fetched for all that wait`,
      place: "end",
      tryThis: `insert after ${rpc} option ${AUTH} = AUTH_MODE_NONE; → 0 refreshes`,
    };
  }
  const line = findInProto(method, AUTH);
  return {
    fact: `${at(line)} declares AUTH_MODE_NONE`,
    place: "end",
    tryThis: `${remove(line, "auth")}, run again → 1 refresh`,
  };
}

function at(place: ProtoLine | undefined): string {
  return place === undefined ? "the .proto" : `${place.file}:${place.line}`;
}

function remove(place: ProtoLine | undefined, name: string): string {
  return place?.alone === false ? `take ${name} out of ${at(place)}` : `delete ${at(place)}`;
}
