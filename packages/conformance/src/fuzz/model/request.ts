import type { Call } from "@ameideio/conformance-proto";
import type { Policy } from "./policy.js";
import type { PredictedRequest } from "./prediction.js";

/** What a request depends on beside the call and its policy. */
export interface Attempt {
  /** Number of the call in its case: what is made once per call is named by it. */
  readonly number: number;
  readonly atMs: number;
  readonly timeoutMs: number;
  /** Counted attempts, this one included. */
  readonly attempts: number;
  readonly token: string | undefined;
  readonly interceptors: readonly string[];
}

// The protocol has ten digits for it.
const WIRE_MAX_MS = 9_999_999_999;

/** What one attempt sends: 2.9, 2.11, 2.13, 2.15, 2.16. */
export function requestOf(call: Call, policy: Policy, attempt: Attempt): PredictedRequest {
  const { key, tenant, headers, requestId, filledField, get, credential } = policy;
  const { timeoutMs, attempts, interceptors } = attempt;
  const own = `auto:${attempt.number}`;
  const field = filledField ? own : call.requestIdField;
  const token = credential.kind === "bearer" ? credential.token : attempt.token;
  return {
    method: get ? "GET" : "POST",
    atMs: attempt.atMs,
    timeoutMs: timeoutMs === Infinity ? null : Math.min(timeoutMs, WIRE_MAX_MS),
    previousAttempts: attempts === 1 ? null : String(attempts - 1),
    tenant: tenant ?? null,
    authorization: token === undefined ? null : `Bearer ${token}`,
    requestId: requestId ?? own,
    key: key === "auto" ? own : (key ?? null),
    body: `${get ? call.method : ""} ${call.text} ${field}`,
    headers: {
      ...Object.fromEntries(headers),
      ...(credential.kind === "header" ? { [credential.name]: credential.value } : {}),
      ...(interceptors.length === 0 ? {} : { "x-seen": interceptors.join(", ") }),
    },
  };
}
