/**
 * What an SDK does around a call, as data: the built-in defaults, the layers
 * that may change them, and the one function that lays them over each other.
 *
 * This file, like the other files of the policy core, decides and does nothing
 * else: no clock, no network, no randomness, no log.
 */

/** How repeating a call relates to calling once. From `idempotency_level`. */
export type Idempotency = "no_side_effects" | "idempotent" | "unknown";

/** What is spoken on the wire. */
export type Protocol = "connect" | "grpc" | "grpc-web";

/** Whether a call carries a tenant. From `ameide.policy.v1.tenant`. */
export type TenantMode = "required" | "optional" | "forbidden";

/** The effective policy of one method. Durations are milliseconds. */
export interface PolicyValues {
  /** Overall deadline of a call; `null` is none. Built in for unary calls only. */
  readonly timeoutMs: number | null;
  /** Longest time of one unary attempt while another may follow; `null` is none. */
  readonly attemptTimeoutMs: number | null;
  /** Longest wait for the first message of a stream; `null` is none. */
  readonly firstMessageTimeoutMs: number | null;
  /** Longest wait between two messages of a stream; `null` is none. */
  readonly idleTimeoutMs: number | null;
  /** False: nothing is repeated, not even transparently. */
  readonly retry: boolean;
  /** Attempts of one call, the first included, 1 to 5. */
  readonly maxAttempts: number;
  /** Base of the exponential backoff. */
  readonly baseDelayMs: number;
  /** Base of the backoff after a throttle. */
  readonly throttleDelayMs: number;
  /** Cap of the computed backoff. */
  readonly maxDelayMs: number;
  /** Longest wait a server may ask for. */
  readonly maxServerDelayMs: number;
  /** Codes retried beyond the standard ones, in Connect's spelling, sorted. */
  readonly retryableCodes: readonly string[];
  /** Idempotency of the method. */
  readonly idempotency: Idempotency;
  /** Whether the contract asks for an idempotency key. */
  readonly carriesIdempotencyKey: boolean;
  /** Whether a key is attached where the contract asks for one. */
  readonly idempotencyKey: "auto" | "off";
  /** Whether a call carries a tenant. */
  readonly tenantMode: TenantMode;
  /** Whether the client's credential is attached. */
  readonly authMode: "bearer" | "none";
  /** OAuth scopes given to the token provider. */
  readonly scopes: readonly string[];
  /** A stream that is meant to stay open. */
  readonly longLived: boolean;
}

/** The retry budget of a client. */
export interface BudgetValues {
  /** Tokens at the start and at most. */
  readonly capacity: number;
  /** What a retry costs. */
  readonly cost: number;
  /** What a retry after a throttle costs. */
  readonly throttleCost: number;
}

/** Every number of the policy that is not a field of {@link PolicyValues}. */
export interface PolicyConstants {
  readonly defaults: PolicyValues;
  readonly budget: BudgetValues;
  /** Tokens that come back when a call ends well and paid for no retry. */
  readonly successRefund: number;
  readonly maxMaxAttempts: number;
  readonly hintJitterCapMs: number;
  readonly hintJitterDivisor: number;
  /** A wait must end at least this long before the deadline. */
  readonly deadlineMarginMs: number;
  /** With less time left, nothing is sent. */
  readonly minWireTimeoutMs: number;
  readonly maxWireTimeoutMs: number;
  /** What is kept back from an ambient deadline. */
  readonly ambientMarginMs: number;
  readonly advisoryRefreshMs: number;
  readonly advisoryJitter: number;
  readonly mandatoryRefreshMs: number;
  readonly failedRefreshWaitMs: number;
  readonly maxMessageBytes: number;
  readonly maxUserAgentBytes: number;
  readonly readMaxBytes: number;
  /** A GET whose address would be longer, in characters, is sent as POST. */
  readonly maxGetUrlLength: number;
  /** What each preset changes of the defaults. */
  readonly presets: Readonly<Record<Preset, Partial<PolicyValues>>>;
}

/** The built-in defaults of behavior version 1. A changed number is a new version. */
export const BEHAVIOR_1: PolicyConstants = {
  defaults: {
    timeoutMs: 30_000,
    attemptTimeoutMs: 10_000,
    firstMessageTimeoutMs: 30_000,
    idleTimeoutMs: 60_000,
    retry: true,
    maxAttempts: 3,
    baseDelayMs: 50,
    throttleDelayMs: 1_000,
    maxDelayMs: 20_000,
    maxServerDelayMs: 60_000,
    retryableCodes: [],
    idempotency: "unknown",
    carriesIdempotencyKey: false,
    idempotencyKey: "auto",
    tenantMode: "optional",
    authMode: "bearer",
    scopes: [],
    longLived: false,
  },
  budget: { capacity: 500, cost: 14, throttleCost: 5 },
  successRefund: 1,
  maxMaxAttempts: 5,
  hintJitterCapMs: 1_000,
  hintJitterDivisor: 10,
  deadlineMarginMs: 1,
  minWireTimeoutMs: 1,
  maxWireTimeoutMs: 9_999_999_999,
  ambientMarginMs: 5,
  advisoryRefreshMs: 120_000,
  advisoryJitter: 0.1,
  mandatoryRefreshMs: 30_000,
  failedRefreshWaitMs: 5_000,
  maxMessageBytes: 1_024,
  maxUserAgentBytes: 256,
  readMaxBytes: 4 * 1024 * 1024,
  // RFC 9110, section 4.1: what all should be able to receive.
  maxGetUrlLength: 8_000,
  presets: { standalone: {}, mesh: { maxAttempts: 1 } },
};

/** Built-in defaults by behavior version. Old versions stay selectable. */
export const BEHAVIORS: Readonly<Record<number, PolicyConstants>> = { 1: BEHAVIOR_1 };

/** What the environment around the client already does. */
export type Preset = "standalone" | "mesh";

/** Some values, and where they come from. */
export interface PolicyLayer {
  /** Named in `explain`, for example `code: client`. */
  readonly source: string;
  readonly values: Partial<PolicyValues>;
}

/** The effective policy of a method, and where each value comes from. */
export interface EffectivePolicy {
  readonly values: PolicyValues;
  readonly sources: Readonly<Record<keyof PolicyValues, string>>;
}

/**
 * Lays layers over each other, the strongest first. The last one has to hold
 * every value.
 */
export function resolvePolicy(
  layers: readonly [...PolicyLayer[], { source: string; values: PolicyValues }],
): EffectivePolicy {
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (value !== undefined && !(name in values)) {
        values[name] = value;
        sources[name] = layer.source;
      }
    }
  }
  return {
    values: values as unknown as PolicyValues,
    sources: sources as EffectivePolicy["sources"],
  };
}

/**
 * The entries that select a method, the most specific first: the method
 * (`acme.v1.Billing/Charge`), then its service (`acme.v1.Billing`). The same
 * lookup as gRPC's `methodConfig`.
 */
export function select<T>(
  entries: ReadonlyMap<string, T>,
  service: string,
  method: string,
): [selector: string, entry: T][] {
  const found: [string, T][] = [];
  for (const selector of [`${service}/${method}`, service]) {
    const entry = entries.get(selector);
    if (entry !== undefined) {
      found.push([selector, entry]);
    }
  }
  return found;
}

/**
 * The canonical JSON of a policy (RFC 8785): its hash is the same in every
 * language. A value of `null` (no deadline) is kept.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}
