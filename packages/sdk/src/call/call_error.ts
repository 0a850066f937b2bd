import type { ConnectError } from "@connectrpc/connect";
import type { CallPlan } from "./call_plan.js";
import { AmeideError, type ErrorFacts, isAmeideError } from "../errors/errors.js";
import { explainStop } from "./explain_stop.js";
import { hintDelay } from "../policy/server_hints.js";
import type { AbortCause, Failure } from "../policy/failure.js";
import type { Recording } from "../wire/recorder.js";
import type { StopReason } from "../policy/retry.js";

/** Failure of the last attempt of a call. */
interface FailedAttempt {
  readonly error: ConnectError;
  readonly failure: Failure;
  readonly recording: Recording | undefined;
}

/**
 * Returns the error of a call whose last attempt failed.
 *
 * @param facts - Facts about the call.
 */
export function errorOfAttempt(
  { error, failure, recording }: FailedAttempt,
  stopReason: StopReason,
  plan: CallPlan,
  facts: Omit<ErrorFacts, "origin">,
): AmeideError {
  // An AmeideError thrown by an interceptor or a provider keeps its reason.
  const source = isAmeideError(error) && failure.origin === "client" ? error : undefined;
  const { requestId } = plan.headerNames;
  return new AmeideError(
    error,
    {
      ...facts,
      origin: failure.origin,
      reason: source?.reason ?? failure.reason,
      stopReason,
      httpStatus: failure.httpStatus,
      retryAfterMs: hintDelay(failure.hint),
      explanation: explainStop(stopReason, plan, failure, facts.attempts?.length ?? 0),
      // Connect keeps the trailers of a body with the error.
      serverRequestId: recording?.get(requestId) ?? error.metadata.get(requestId) ?? undefined,
    },
    plan.codeOf(failure.code),
  );
}

/** Returns the error of a call that was ended while it had no attempt under way. */
export function errorOfAbort(
  cause: AbortCause,
  error: ConnectError,
  plan: CallPlan,
  facts: Omit<ErrorFacts, "origin">,
): AmeideError {
  const stopReason = cause === "canceled" ? "canceled" : "deadline";
  const explanation = explainStop(stopReason, plan, undefined, 0);
  return new AmeideError(error, { ...facts, origin: "client", stopReason, explanation });
}
