import type { DescEnum, DescFile, DescMethod, Registry } from "@bufbuild/protobuf";
import { getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import {
  auth,
  AuthModeSchema,
  default_timeout_ms,
  idempotency_key,
  long_lived,
  request_id_field,
  scopes,
  service_auth,
  service_scopes,
  service_tenant,
  tenant,
  TenantModeSchema,
  wait_for_ready,
} from "@ameideio/core-proto/ameide/policy/v1/policy_pb";
import type { Idempotency, PolicyLayer, PolicyValues, TenantMode } from "../policy/policy.js";
import { placeOf } from "./proto_place.js";

/** Writable part of a policy, while it is being built. */
export type PolicyPart = { -readonly [K in keyof PolicyValues]?: PolicyValues[K] };

/** Returns the full name of a method, as in selectors, spans and errors. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/**
 * Returns the facts that the proto of a method states: a layer for each, named by its place.
 *
 * @param registry - Registry whose descriptor of the method may know lines.
 */
export function methodFacts(method: DescMethod, registry?: Registry): readonly PolicyLayer[] {
  const located = locatedIn(registry, method);
  let read = known.get(method);
  if (read?.located !== located) {
    read = { located, facts: readFacts(method, located) };
    known.set(method, read);
  }
  return read.facts;
}

// Clients may be derived for every request, while protos do not change.
const known = new WeakMap<
  DescMethod,
  { readonly located: DescMethod; readonly facts: readonly PolicyLayer[] }
>();

function readFacts(method: DescMethod, located: DescMethod): PolicyLayer[] {
  const facts: PolicyLayer[] = [];
  const state = (ofMethod: boolean, option: number, values: PolicyPart): void => {
    const source = ofMethod ? methodName(method) : method.parent.typeName;
    const place = placeOf(ofMethod ? located : located.parent, option);
    facts.push({ source: `proto: ${source}${place === undefined ? "" : ` (${place})`}`, values });
  };
  const level = IDEMPOTENCY[method.idempotency ?? 0];
  if (level !== undefined) {
    state(true, IDEMPOTENCY_LEVEL, { idempotency: level });
  }
  if (!importsPolicy(method.parent.file)) {
    return facts;
  }
  const ownTenant = hasOption(method, tenant);
  const tenantMode = wordOf(
    TenantModeSchema,
    ownTenant ? getOption(method, tenant) : getOption(method.parent, service_tenant),
  ) as TenantMode | undefined;
  if (tenantMode !== undefined) {
    state(ownTenant, tenant.number, { tenantMode });
  }
  const ownAuth = hasOption(method, auth);
  const authMode = wordOf(
    AuthModeSchema,
    ownAuth ? getOption(method, auth) : getOption(method.parent, service_auth),
  ) as PolicyValues["authMode"] | undefined;
  if (authMode !== undefined) {
    state(ownAuth, auth.number, { authMode });
  }
  const declared = getOption(method, scopes);
  const inherited = declared.length > 0 ? declared : getOption(method.parent, service_scopes);
  if (inherited.length > 0) {
    state(declared.length > 0, scopes.number, { scopes: inherited });
  }
  if (hasOption(method, idempotency_key)) {
    const carriesIdempotencyKey = getOption(method, idempotency_key);
    state(true, idempotency_key.number, { carriesIdempotencyKey });
  }
  if (hasOption(method, request_id_field)) {
    const requestIdField = getOption(method, request_id_field) || null;
    state(true, request_id_field.number, { requestIdField });
  }
  if (hasOption(method, default_timeout_ms)) {
    const timeoutMs = Number(getOption(method, default_timeout_ms));
    state(true, default_timeout_ms.number, { timeoutMs });
  }
  if (hasOption(method, wait_for_ready)) {
    state(true, wait_for_ready.number, { waitForReady: getOption(method, wait_for_ready) });
  }
  if (getOption(method, long_lived)) {
    const limits = { firstMessageTimeoutMs: null, idleTimeoutMs: null };
    state(true, long_lived.number, { longLived: true, ...limits });
  }
  return facts;
}

// The numbers of our options are anybody's: docs/decisions/option_numbers.md.
function importsPolicy({ proto }: DescFile): boolean {
  return proto.dependency.includes(tenant.file.proto.name);
}

/**
 * Returns the method as Connect is to see it, which sends methods without side effects by GET. If
 * the policy revokes that, the proto's statement is hidden; a policy alone does not add it, since a
 * server answers GET by its own proto.
 */
export function wireMethodOf(method: DescMethod, { idempotency }: PolicyValues): DescMethod {
  const { NO_SIDE_EFFECTS, IDEMPOTENCY_UNKNOWN } = MethodOptions_IdempotencyLevel;
  return method.idempotency !== NO_SIDE_EFFECTS || idempotency === "no_side_effects"
    ? method
    : { ...method, idempotency: IDEMPOTENCY_UNKNOWN };
}

// Generated code knows no lines; a registry made from an image may.
function locatedIn(registry: Registry | undefined, method: DescMethod): DescMethod {
  const service = registry?.getService(method.parent.typeName);
  return service?.methods.find(({ name }) => name === method.name) ?? method;
}

/**
 * Spells an enum value as options do: `IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS` is `no_side_effects`;
 * undefined for the zero value.
 */
export function wordOf(desc: DescEnum, value: number): string | undefined {
  return value === 0 ? undefined : desc.value[value]?.localName.toLowerCase();
}

// Number of google.protobuf.MethodOptions.idempotency_level.
const IDEMPOTENCY_LEVEL = 34;

const IDEMPOTENCY: Readonly<Record<number, Idempotency | undefined>> = {
  [MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS]: "no_side_effects",
  [MethodOptions_IdempotencyLevel.IDEMPOTENT]: "idempotent",
};
