import type { DescMethod } from "@bufbuild/protobuf";
import type { EffectivePolicy } from "../policy/policy.js";

/** Subject of a verdict. */
export interface VerdictSubject {
  readonly policy: EffectivePolicy;
  readonly kind: DescMethod["methodKind"];
  /** True if tokens come from a provider, so that a refused one is renewed. */
  readonly renewsTokens: boolean;
  /** True if the policy is only watched. */
  readonly observe: boolean;
}

/**
 * Says which failures of a method are retried: how often, of which classes (§3.1 to §3.4), and by
 * which fact. Settings of a call are not included.
 */
export function verdictOf(subject: VerdictSubject): string {
  const { values, sources } = subject.policy;
  if (!values.retry) {
    return `no failure is repeated: retries are off (${sources.retry})`;
  }
  const limited =
    values.maxAttempts === 1
      ? `repeated once, at once: NOT_SENT; maxAttempts is 1 (${sources.maxAttempts})`
      : repeated(subject);
  const verdict = `${limited}${beyond(subject)}`;
  return subject.observe ? `no failure is repeated in observe mode; else ${verdict}` : verdict;
}

function beyond({ policy: { values, sources } }: VerdictSubject): string {
  return values.waitForReady
    ? `; until the deadline while nothing was sent: waitForReady is on (${sources.waitForReady})`
    : "";
}

function repeated({ policy, kind, renewsTokens }: VerdictSubject): string {
  const { values, sources } = policy;
  const upTo = `repeated, up to ${values.maxAttempts} attempts`;
  const renewed = renewsTokens ? ", and one unauthenticated, with a new token" : "";
  if (kind === "client_streaming" || kind === "bidi_streaming") {
    return `${upTo} while no message was taken: NOT_SENT${renewed}; it streams its requests`;
  }
  const often = kind === "server_streaming" ? `${upTo} until the first message` : upTo;
  const proof = proofOf(policy);
  if (proof !== undefined) {
    const codes = ["unavailable", ...values.retryableCodes].join(", ");
    return `${often}: NOT_SENT, AMBIGUOUS, THROTTLE, TRANSIENT (${codes})${renewed}; ${proof}`;
  }
  const why = "it states no idempotency level and carries no key";
  return values.requireIdempotency
    ? `${often}: NOT_SENT alone; ${why}, requireIdempotency is on (${sources.requireIdempotency})`
    : `${often}: NOT_SENT, and what the server asks to repeat${renewed}; ${why}`;
}

// Names the fact by which a second execution does no harm.
function proofOf({ values, sources }: EffectivePolicy): string | undefined {
  if (values.idempotency !== "unknown") {
    return `it is ${values.idempotency.toUpperCase()} (${sources.idempotency})`;
  }
  if (values.carriesIdempotencyKey && values.idempotencyKey === "auto") {
    return `it carries an idempotency key (${sources.carriesIdempotencyKey})`;
  }
  return values.requestIdField === null
    ? undefined
    : `its field ${values.requestIdField} names the request (${sources.requestIdField})`;
}
