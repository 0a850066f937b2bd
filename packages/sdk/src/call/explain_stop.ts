import type { CallPlan } from "./call_plan.js";
import { type Hint, hintDelay } from "../policy/server_hints.js";
import type { Failure } from "../policy/failure.js";
import type { PolicyValues } from "../policy/policy.js";
import type { StopReason } from "../policy/retry.js";

/**
 * Says in words which fact decided about a retry, and which wait the server asked for.
 *
 * @param made - Number of attempts made, including those that do not count.
 */
export function explainStop(
  stopReason: StopReason | undefined,
  plan: CallPlan,
  failure: Failure | undefined,
  made: number,
): string {
  if (stopReason === undefined) {
    return `retried: ${whyAllowed(plan, failure)}`;
  }
  const fact = `not retried: ${whyStopped(stopReason, plan, failure, made)}`;
  const { hint, origin } = failure ?? {};
  const asked = origin === "client" ? undefined : hintDelay(hint);
  return asked === undefined
    ? fact
    : `${fact}; the server asked for a wait of ${asked} ms (${nameOf(hint as Hint)})`;
}

function whyStopped(
  stopReason: StopReason,
  plan: CallPlan,
  failure: Failure | undefined,
  made: number,
): string {
  const { method, policy } = plan;
  switch (stopReason) {
    case "canceled":
      return "the caller canceled";
    case "committed":
      return "messages had reached the application";
    case "not_retryable":
      return whyNever(failure, plan);
    case "not_idempotent":
      if (plan.keyWithheld && plan.shape.replays) {
        return onlyObserved(plan, "sends no idempotency key");
      }
      return plan.shape.replays
        ? `${method} declares no idempotency level, and the server may have acted${policy.requireIdempotency ? " (requireIdempotency)" : ""}`
        : `${method} streams its request, and what was sent of it cannot be had again`;
    case "server_pushback":
      return "the server asked not to (grpc-retry-pushback-ms)";
    case "attempts":
      if (policy.retry) {
        return allMade(plan, made);
      }
      return plan.observed?.retry === true
        ? onlyObserved(plan, "repeats nothing")
        : `retries of ${method} are off`;
    case "server_delay":
      return (hintDelay(failure?.hint) ?? 0) > policy.maxServerDelayMs
        ? `a wait is at most maxServerDelayMs, ${policy.maxServerDelayMs} ms (${plan.sourceOf("maxServerDelayMs")})`
        : deadlineFirst(plan);
    case "deadline":
      // An attempt that the SDK ended names the limit in its own error.
      return failure === undefined || failure.origin === "client"
        ? "no time is left before the deadline"
        : deadlineFirst(plan);
    case "budget":
      return "the retry budget is used up";
  }
}

function deadlineFirst(plan: CallPlan): string {
  return `the wait would exceed the deadline of ${plan.timeoutMs} ms (${plan.deadlineSource()})`;
}

function nameOf(hint: Hint): string {
  if (hint.kind !== "delay") {
    return "grpc-retry-pushback-ms";
  }
  return hint.from === "retry_info" ? "google.rpc.RetryInfo" : hint.from;
}

// The events tell whether budget and time would have allowed it.
function onlyObserved({ observed }: CallPlan, what: string): string {
  const { maxAttempts } = observed as PolicyValues;
  const would =
    maxAttempts === 1
      ? "would have made one attempt"
      : `would have made up to ${maxAttempts} attempts`;
  return `mode is observe, which ${what}; enforce ${would}, as far as budget and deadline go`;
}

function whyNever(failure: Failure | undefined, plan: CallPlan): string {
  const { policy } = plan;
  if (failure?.mismatch !== undefined) {
    return failure.mismatch === "certificate"
      ? "the peer's certificate was refused"
      : "client and server are configured incompatibly";
  }
  if (failure?.reason === "REDIRECT_REFUSED") {
    return "redirects are not followed";
  }
  const what = `${failure?.code ?? "the failure"} from the ${failure?.origin ?? "client"}`;
  const isRefused = failure?.code === "unauthenticated" && failure.origin === "server";
  const noCredential = isRefused ? plan.noCredential() : undefined;
  if (noCredential !== undefined) {
    return `${what} is not a transient failure (${noCredential})`;
  }
  return failure?.code === "unauthenticated" && policy.requireIdempotency
    ? `${what} is not a transient failure, and requireIdempotency allows no replay without proof`
    : `${what} is not a transient failure`;
}

function whyAllowed(plan: CallPlan, failure: Failure | undefined): string {
  if (plan.policy.waitForReady && failure?.sent === "no") {
    return "nothing was sent, and waitForReady is on";
  }
  if (plan.policy.idempotency !== "unknown") {
    return `${plan.method} is ${plan.policy.idempotency.toUpperCase()}`;
  }
  if (plan.idempotencyKey !== undefined) {
    return plan.policy.carriesIdempotencyKey
      ? `${plan.method} declares idempotency_key, and one was sent`
      : "an idempotency key was sent";
  }
  if (plan.keySent) {
    return `${plan.method} declares request_id_field ${plan.policy.requestIdField}, which was sent`;
  }
  return "the server did not act on it, or asked for it";
}

function allMade({ method, policy: { maxAttempts } }: CallPlan, made: number): string {
  const all =
    maxAttempts === 1
      ? `the one attempt of ${method} was made`
      : `all ${maxAttempts} attempts of ${method} were made`;
  switch (made - maxAttempts) {
    case 0:
      return all;
    case 1:
      return `${all}, and a transparent retry, which does not count`;
    default:
      return `${all}, and ${made - maxAttempts} transparent retries, which do not count`;
  }
}
