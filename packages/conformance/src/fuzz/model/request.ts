import type { Call } from "@ameideio/conformance-proto";
import type { Policy, Protocol } from "./policy.js";
import type { PredictedRequest } from "./prediction.js";

/** Facts that a request depends on, besides the call and its policy. */
export interface Attempt {
  /** Number of the call in its case, which names what is generated once per call. */
  readonly number: number;
  readonly atMs: number;
  readonly timeoutMs: number;
  /** Counted attempts, including this one. */
  readonly attempts: number;
  readonly token: string | undefined;
  readonly interceptors: readonly string[];
  readonly protocol: Protocol;
}

/** Request whose end is not known yet. */
export type OpenRequest = PredictedRequest & {
  body: string | undefined;
  texts: readonly string[] | undefined;
  canceled: boolean | undefined;
};

// Ten digits, even if they are rounded down to a unit of gRPC afterwards.
const MAX_MS = 9_999_999_999;
// gRPC has eight digits, and units.
const GRPC_MAX = 99_999_999;
const GRPC_UNITS_MS = [1, 1000, 60_000, 3_600_000];

/** §4.3: spells a timeout for the wire. */
export function wireTimeout(timeoutMs: number, protocol: Protocol): number | null {
  if (timeoutMs === Infinity) {
    return null;
  }
  const ms = Math.min(timeoutMs, MAX_MS);
  if (protocol === "connect") {
    return ms;
  }
  for (const unit of GRPC_UNITS_MS) {
    const amount = Math.floor(ms / unit);
    if (amount <= GRPC_MAX) {
      return amount * unit;
    }
  }
  return GRPC_MAX * 3_600_000;
}

/** Returns the request of one attempt: §4.3, §8, §9, §11, §12. */
export function requestOf(call: Call, policy: Policy, attempt: Attempt): OpenRequest {
  const { key, tenant, headers, requestId, filledField, get, credential } = policy;
  const { timeoutMs, attempts, interceptors, protocol } = attempt;
  const enveloped = protocol !== "connect" || policy.kind !== "unary";
  const own = `auto:${attempt.number}`;
  const field = filledField ? own : call.requestIdField;
  const token = credential.kind === "bearer" ? credential.token : attempt.token;
  return {
    method: get ? "GET" : "POST",
    atMs: attempt.atMs,
    timeoutMs: wireTimeout(timeoutMs, protocol),
    previousAttempts: attempts === 1 ? null : String(attempts - 1),
    tenant: tenant ?? null,
    authorization: token === undefined ? null : `Bearer ${token}`,
    requestId: requestId ?? own,
    key: key === "auto" ? own : (key ?? null),
    body: `${enveloped ? "enveloped" : ""} ${get ? call.method : ""} ${call.text} ${field}`,
    texts: undefined,
    canceled: undefined,
    headers: {
      ...Object.fromEntries(headers),
      ...(credential.kind === "header" ? { [credential.name]: credential.value } : {}),
      ...(interceptors.length === 0 ? {} : { "x-seen": interceptors.join(", ") }),
    },
  };
}
