import type { DescField, DescMethod } from "@bufbuild/protobuf";
import { getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import {
  auth,
  AuthMode,
  default_timeout_ms,
  idempotency_key,
  long_lived,
  scopes,
  service_auth,
  service_scopes,
  service_tenant,
  tenant,
  TenantMode,
} from "@ameideio/core-proto/ameide/policy/v1/policy_pb";
import { field_info, FieldInfo_Format } from "@ameideio/core-proto/google/api/field_info_pb";
import type { Idempotency, PolicyValues, TenantMode as TenantModeName } from "./policy.js";

/** Writable parts of a policy, while it is put together. */
export type PolicyPart = { -readonly [K in keyof PolicyValues]?: PolicyValues[K] };

/** Full name of a method, as selectors, spans and errors have it. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** What the proto of a method says about it. */
export function contractOf(method: DescMethod): PolicyPart {
  const part: PolicyPart = {};
  const level = IDEMPOTENCY[method.idempotency ?? 0];
  if (level !== undefined) {
    part.idempotency = level;
  }
  const tenantMode = hasOption(method, tenant)
    ? getOption(method, tenant)
    : getOption(method.parent, service_tenant);
  assign(part, "tenantMode", tenantModeName(tenantMode));
  const authMode = hasOption(method, auth)
    ? getOption(method, auth)
    : getOption(method.parent, service_auth);
  assign(part, "authMode", authModeName(authMode));
  const declared = getOption(method, scopes);
  const inherited = declared.length > 0 ? declared : getOption(method.parent, service_scopes);
  if (inherited.length > 0) {
    part.scopes = inherited;
  }
  if (hasOption(method, idempotency_key)) {
    part.carriesIdempotencyKey = getOption(method, idempotency_key);
  }
  if (hasOption(method, default_timeout_ms)) {
    part.timeoutMs = Number(getOption(method, default_timeout_ms));
  }
  if (getOption(method, long_lived)) {
    part.longLived = true;
    part.firstMessageTimeoutMs = null;
    part.idleTimeoutMs = null;
  }
  return part;
}

/** The request fields that AIP-155 and AIP-4235 ask a client to fill with a UUIDv4. */
export function requestIdFields(method: DescMethod): DescField[] {
  return method.input.fields.filter(
    (field) =>
      field.fieldKind === "scalar" &&
      hasOption(field, field_info) &&
      getOption(field, field_info).format === FieldInfo_Format.UUID4,
  );
}

/** Name of a tenant mode; undefined where nothing is said. */
export function tenantModeName(mode: TenantMode): TenantModeName | undefined {
  switch (mode) {
    case TenantMode.REQUIRED:
      return "required";
    case TenantMode.OPTIONAL:
      return "optional";
    case TenantMode.FORBIDDEN:
      return "forbidden";
    default:
      return undefined;
  }
}

/** Name of an auth mode; undefined where nothing is said. */
export function authModeName(mode: AuthMode): "bearer" | "none" | undefined {
  return mode === AuthMode.NONE ? "none" : mode === AuthMode.BEARER ? "bearer" : undefined;
}

/** Sets a value unless it is undefined. */
export function assign<K extends keyof PolicyPart>(
  part: PolicyPart,
  name: K,
  value: PolicyPart[K] | undefined,
): void {
  if (value !== undefined) {
    part[name] = value;
  }
}

const IDEMPOTENCY: Readonly<Record<number, Idempotency | undefined>> = {
  [MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS]: "no_side_effects",
  [MethodOptions_IdempotencyLevel.IDEMPOTENT]: "idempotent",
};
