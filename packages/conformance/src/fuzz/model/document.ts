import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import {
  AuthMode,
  type ClientPolicy,
  ClientPolicySchema,
  IdempotencyKeyMode,
  IdempotencyLevel,
  type MethodPolicy,
  Preset,
  TenantMode,
} from "@ameideio/conformance-proto/ameide/policy/v1";
import type { Given } from "@ameideio/conformance-proto";
import { numbersIn } from "./built_in.js";
import type { DocumentFacts, Level } from "./levels.js";

export const SERVICE = "ameide.conformance.v1.ConformanceService";

/** §16.1: statements of the policy document for a method, most specific first. */
export function documentLevel(
  given: Given,
  method: string,
): { levels: readonly Level[]; facts: DocumentFacts; preset: "mesh" | "standalone" | undefined } {
  const document = parse(given.client?.policy);
  if (document === undefined) {
    return { levels: [], facts: {}, preset: undefined };
  }
  const selected = (selector: string): MethodPolicy[] =>
    document.methods.flatMap(({ selectors, policy }) =>
      policy !== undefined && selectors.includes(selector) ? [policy] : [],
    );
  const policies = [
    ...selected(`${SERVICE}/${method}`),
    ...selected(SERVICE),
    ...(document.default === undefined ? [] : [document.default]),
  ];
  const facts = policies.map(factsOf);
  return {
    levels: policies.map(levelOfPolicy),
    facts: {
      safe: firstOf(facts.map(({ safe }) => safe)),
      repeatable: firstOf(facts.map(({ repeatable }) => repeatable)),
      key: firstOf(facts.map(({ key }) => key)),
      field: firstOf(facts.map(({ field }) => field)),
      tenant: firstOf(facts.map(({ tenant }) => tenant)),
      auth: firstOf(facts.map(({ auth }) => auth)),
    },
    preset: {
      [Preset.UNSPECIFIED]: undefined,
      [Preset.STANDALONE]: "standalone",
      [Preset.MESH]: "mesh",
    }[document.preset] as "mesh" | "standalone" | undefined,
  };
}

/** Statements of the document for any method. */
export function documentPolicies(given: Given): readonly Level[] {
  const document = parse(given.client?.policy);
  const all = [document?.default, ...(document?.methods ?? []).map(({ policy }) => policy)];
  return all.flatMap((policy) => (policy === undefined ? [] : [levelOfPolicy(policy)]));
}

/** Budget of the document. */
export function documentBudget(given: Given): {
  capacity?: number | undefined;
  cost?: number | undefined;
  throttleCost?: number | undefined;
} {
  return parse(given.client?.policy)?.budget ?? {};
}

const parsed = new WeakMap<JsonObject, ClientPolicy>();

function parse(policy: JsonObject | undefined): ClientPolicy | undefined {
  if (policy === undefined) {
    return undefined;
  }
  const known = parsed.get(policy);
  if (known !== undefined) {
    return known;
  }
  const document = fromJson(ClientPolicySchema, policy, { ignoreUnknownFields: true });
  parsed.set(policy, document);
  return document;
}

function levelOfPolicy(policy: MethodPolicy): Level {
  const { idempotencyKey } = policy;
  return {
    ...numbersIn(policy),
    retryableCodes: policy.retryableCodes.length === 0 ? undefined : policy.retryableCodes,
    requireIdempotency: policy.requireIdempotency,
    waitForReady: policy.waitForReady,
    idempotencyKey:
      idempotencyKey === IdempotencyKeyMode.UNSPECIFIED
        ? undefined
        : idempotencyKey === IdempotencyKeyMode.OFF
          ? "off"
          : "auto",
  };
}

function factsOf({ facts }: MethodPolicy): DocumentFacts {
  if (facts === undefined) {
    return {};
  }
  const {
    idempotencyLevel: level,
    tenant,
    auth,
    idempotencyKey: key,
    requestIdField: field,
  } = facts;
  const stated = level !== IdempotencyLevel.UNSPECIFIED;
  return {
    safe: stated ? level === IdempotencyLevel.NO_SIDE_EFFECTS : undefined,
    repeatable: stated ? level !== IdempotencyLevel.UNKNOWN : undefined,
    key,
    field,
    tenant: (
      {
        [TenantMode.REQUIRED]: "required",
        [TenantMode.OPTIONAL]: "optional",
        [TenantMode.FORBIDDEN]: "forbidden",
      } as Record<number, "required" | "optional" | "forbidden">
    )[tenant],
    auth: auth === AuthMode.UNSPECIFIED ? undefined : auth === AuthMode.NONE ? "none" : "bearer",
  };
}

function firstOf<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}
