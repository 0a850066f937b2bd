import { getOption, hasOption, type DescField, type DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import * as policy from "@ameideio/core-proto/ameide/policy/v1";

const { AuthMode, TenantMode } = policy;

/** Facts that the proto of a method states about its calls. */
export interface MethodFacts {
  /** Full name, `acme.v1.Billing/Charge`. */
  readonly name: string;
  /** Tenant that a call carries. */
  readonly tenant: "required" | "optional" | "forbidden";
  /** True if a call carries a bearer token. */
  readonly bearer: boolean;
  /** Scopes that the token needs, all of them. */
  readonly scopes: readonly string[];
  /** True if the method has no side effects. */
  readonly readOnly: boolean;
  /** True if it answers by a stream that is meant to stay open. */
  readonly longLived: boolean;
  /** Request field that the method uses for the request id (AIP-155). */
  readonly requestIdField: DescField | undefined;
}

const known = new WeakMap<DescMethod, MethodFacts>();

/** Reads the facts of a method from its descriptor. */
export function methodFacts(method: DescMethod): MethodFacts {
  const facts = known.get(method) ?? read(method);
  known.set(method, facts);
  return facts;
}

function read(method: DescMethod): MethodFacts {
  const service = method.parent;
  const tenant = hasOption(method, policy.tenant)
    ? getOption(method, policy.tenant)
    : getOption(service, policy.service_tenant);
  const auth = hasOption(method, policy.auth)
    ? getOption(method, policy.auth)
    : getOption(service, policy.service_auth);
  const scopes = hasOption(method, policy.scopes)
    ? getOption(method, policy.scopes)
    : getOption(service, policy.service_scopes);
  return {
    name: `${service.typeName}/${method.name}`,
    tenant: tenantMode(tenant),
    bearer: auth !== AuthMode.NONE,
    scopes,
    readOnly: method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS,
    longLived: getOption(method, policy.long_lived),
    requestIdField: method.input.fields.find(
      ({ name }) => name === getOption(method, policy.request_id_field),
    ),
  };
}

function tenantMode(mode: policy.TenantMode): MethodFacts["tenant"] {
  switch (mode) {
    case TenantMode.REQUIRED:
      return "required";
    case TenantMode.FORBIDDEN:
      return "forbidden";
    default:
      return "optional";
  }
}
