import type { CallPlan } from "./call_plan.js";
import type { MethodConfig } from "./config.js";
import type { Failure } from "./normalize.js";
import type { EffectivePolicy, PolicyValues } from "./policy.js";
import type { StopReason } from "./retry.js";
import { verdictOf } from "./verdict.js";

/** One value of an effective policy. */
export interface ExplainedValue {
  readonly value: unknown;
  /** Where it comes from: `code: client`, `proto: …`, `built-in (behavior 1)`. */
  readonly source: string;
}

/** The effective policy of a method, each value with its source. */
export interface Explanation {
  /** Full name of the method. */
  readonly method: string;
  readonly values: Readonly<Record<keyof PolicyValues | "tenant" | "auth", ExplainedValue>>;
  /**
   * SHA-256 of the policy's RFC 8785 JSON, in hex; the same in every SDK.
   * Undefined over `fetch`, where hashing has to be waited for.
   */
  readonly hash: string | undefined;
  /**
   * What is wrong with what is stated for the method, and for its service: a fact
   * that cannot be carried out (every call is refused), a selector that selects
   * nothing.
   */
  readonly problems: readonly string[];
  /** Which failures of the method are repeated, and by what fact. */
  readonly verdict: string;
  /** The same as text: a line for each value and problem, and the verdict. */
  toString(): string;
}

/** Explains the policy of a method. Credentials are named by kind only. */
export function explainMethod(
  config: MethodConfig,
  {
    observe,
    policyHash,
  }: {
    readonly observe: boolean;
    readonly policyHash: ((policy: PolicyValues) => string) | undefined;
  },
): Explanation {
  const values = Object.fromEntries(
    Object.entries(config.policy.values).map(([name, value]) => [
      name,
      { value, source: config.policy.sources[name as keyof EffectivePolicy["sources"]] },
    ]),
  ) as Record<keyof PolicyValues | "tenant" | "auth", ExplainedValue>;
  values.tenant = { value: config.tenant, source: config.tenantSource };
  values.auth = { value: config.auth && Object.keys(config.auth)[0], source: config.authSource };
  const { refusal, misspelt, wireMethod } = config;
  const problems = [
    ...(refusal === undefined ? [] : [`every call is refused: ${refusal.option}: ${refusal.rule}`]),
    ...misspelt,
  ];
  const verdict = verdictOf({
    policy: config.policy,
    kind: wireMethod.methodKind,
    renewsTokens: config.auth !== null && "provider" in config.auth,
    observe,
  });
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  return {
    method: config.name,
    values,
    hash: policyHash?.(config.policy.values),
    problems,
    verdict,
    toString: () =>
      [
        config.name,
        ...Object.entries(values).map(
          ([name, { value, source }]) =>
            `  ${name.padEnd(width)}  ${JSON.stringify(value)}  (${source})`,
        ),
        ...problems.map((problem) => `  problem: ${problem}`),
        `  ${verdict}`,
      ].join("\n"),
  };
}

/** The fact that decided about a retry, in words. */
export function explainStop(
  stopReason: StopReason | undefined,
  plan: CallPlan,
  failure: Failure | undefined,
): string {
  const { method, policy } = plan;
  switch (stopReason) {
    case undefined:
      return `retried: ${whyAllowed(plan, failure)}`;
    case "canceled":
      return "not retried: the caller canceled";
    case "committed":
      return "not retried: messages had reached the application";
    case "not_retryable":
      return `not retried: ${whyNever(failure, policy)}`;
    case "not_idempotent":
      return plan.shape.replays
        ? `not retried: ${method} declares no idempotency level, and the server may have acted${policy.requireIdempotency ? " (requireIdempotency)" : ""}`
        : `not retried: ${method} streams its request, and what was sent of it cannot be had again`;
    case "server_pushback":
      return "not retried: the server asked not to (grpc-retry-pushback-ms)";
    case "attempts":
      return policy.retry
        ? `not retried: all ${policy.maxAttempts} attempts of ${method} were made`
        : `not retried: retries of ${method} are off`;
    case "server_delay":
      return "not retried: the server asked for a longer wait than the call has";
    case "deadline":
      return "not retried: the deadline comes first";
    case "budget":
      return "not retried: the retry budget is used up";
  }
}

function whyNever(failure: Failure | undefined, policy: PolicyValues): string {
  if (failure?.certificate === true) {
    return "the peer's certificate was refused";
  }
  if (failure?.reason === "REDIRECT_REFUSED") {
    return "redirects are not followed";
  }
  const what = `${failure?.code ?? "the failure"} from the ${failure?.origin ?? "client"}`;
  return failure?.code === "unauthenticated" && policy.requireIdempotency
    ? `${what} does not pass by itself, and requireIdempotency allows no replay without proof`
    : `${what} does not pass by itself`;
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
