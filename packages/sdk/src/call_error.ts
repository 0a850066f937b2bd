import type { ConnectError } from "@connectrpc/connect";
import type { CallPlan } from "./call_plan.js";
import { AmeideError, type ErrorFacts, isAmeideError } from "./errors.js";
import { explainStop } from "./explain.js";
import { hintDelay } from "./hints.js";
import type { Failure } from "./normalize.js";
import type { StopReason } from "./retry.js";

/**
 * The error of a call whose last attempt failed.
 *
 * @param error - What the attempt failed with.
 * @param facts - What is known of the call.
 */
export function errorOfAttempt(
  error: ConnectError,
  failure: Failure,
  stopReason: StopReason,
  plan: CallPlan,
  facts: Omit<ErrorFacts, "origin">,
): AmeideError {
  // What an interceptor or a provider made of ours stays what it is.
  const source = isAmeideError(error) && failure.origin === "client" ? error : undefined;
  return new AmeideError(
    error,
    {
      ...facts,
      origin: failure.origin,
      reason: source?.reason ?? failure.reason,
      stopReason,
      httpStatus: failure.httpStatus,
      retryAfterMs: hintDelay(failure.hint),
      explanation: explainStop(stopReason, plan, failure),
    },
    plan.codeOf(failure.code),
  );
}
