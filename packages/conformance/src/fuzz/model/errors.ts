import { type Failure, NO_TOKEN, NONSENSE_TOKEN, TENANT_MISMATCH } from "./answers.js";
import { CONFIG_INVALID } from "./policy.js";
import type { PredictedAttempt, PredictedError } from "./prediction.js";
import type { Judgement } from "./retry.js";

/** Last attempt's real error (§3.10). */
export function errorOf(
  failure: Failure,
  { hint, decision }: Judgement,
  attempts: readonly PredictedAttempt[],
  committed: boolean,
): PredictedError {
  const listed = isListed(failure);
  const told = failure.origin === "client" && failure.httpStatus !== undefined;
  return {
    code: failure.code,
    origin: failure.origin,
    stopReason: !listed ? undefined : decision.kind === "stop" ? decision.reason : null,
    reason: failure.reason ?? null,
    domain: failure.domain ?? null,
    // The specification does not say whether a hint is reported with a failure of the client's own.
    retryAfterMs: told ? undefined : hint === undefined || hint.kind === "stop" ? null : hint.ms,
    // An attempt that was cut off may have seen a status.
    httpStatus: listed && !failure.cutByAttemptTimeout ? (failure.httpStatus ?? null) : undefined,
    serverRequestId: failure.serverRequestId ?? null,
    committed,
    attempts: [...attempts],
    attemptsOpen: failure === TENANT_MISMATCH,
  };
}

/**
 * Reports whether a failure is certainly listed as an attempt. §3.10: without a token there was no
 * attempt. For a good answer to another tenant, §11 does not say. What stopped either is not
 * specified.
 */
export function isListed(failure: Failure): boolean {
  return ![NO_TOKEN, NONSENSE_TOKEN, TENANT_MISMATCH].includes(failure);
}

/** Synthetic error of an expired deadline, or of a caller who canceled (§4.1, §3.10). */
export function refusedCall(
  stopReason: "deadline" | "canceled",
  attempts: readonly PredictedAttempt[],
  { attemptsOpen, committed }: { attemptsOpen: boolean; committed: boolean },
): PredictedError {
  return {
    code: stopReason === "deadline" ? "deadline_exceeded" : "canceled",
    origin: stopReason === "canceled" ? "client" : undefined,
    stopReason,
    reason: undefined,
    domain: undefined,
    retryAfterMs: undefined,
    httpStatus: undefined,
    serverRequestId: undefined,
    committed,
    attempts: [...attempts],
    attemptsOpen,
  };
}

/** §17.1: a configuration error. */
export const REFUSED_CONFIG: PredictedError = {
  code: "invalid_argument",
  origin: "client",
  stopReason: undefined,
  reason: CONFIG_INVALID,
  domain: undefined,
  retryAfterMs: null,
  httpStatus: null,
  serverRequestId: null,
  committed: false,
  attempts: [],
  attemptsOpen: false,
};
