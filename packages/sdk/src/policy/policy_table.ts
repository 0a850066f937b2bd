/**
 * Table of each value that may be stated for a client or its methods: its kind, bounds, default,
 * and the places that can state it. Checks of options, the policy document, the environment, the
 * layers and the suite's `policy.json` are derived from it.
 */

/** Effect of repeating a call. From `idempotency_level`. */
export type Idempotency = "no_side_effects" | "idempotent" | "unknown";

/** Tenant that a call carries. From `ameide.policy.v1.tenant`. */
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
  /** False to repeat nothing, not even transparently. */
  readonly retry: boolean;
  /** Attempts of one call, including the first. */
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
  /** True to repeat a method of unknown idempotency without a key only if nothing was sent. */
  readonly requireIdempotency: boolean;
  /** True to let a call go on until its deadline while nothing was sent. */
  readonly waitForReady: boolean;
  /** Idempotency of the method. */
  readonly idempotency: Idempotency;
  /** True if the proto of the method asks for an idempotency key. */
  readonly carriesIdempotencyKey: boolean;
  /** Request field for the request id (AIP-155), by its proto name; `null` for none. */
  readonly requestIdField: string | null;
  /** `auto` attaches a key if the proto of the method asks for one. */
  readonly idempotencyKey: "auto" | "off";
  /** Tenant that a call carries. */
  readonly tenantMode: TenantMode;
  /** `bearer` attaches the client's credential. */
  readonly authMode: "bearer" | "none";
  /** OAuth scopes given to the token provider. */
  readonly scopes: readonly string[];
  /** True for a stream that is meant to stay open. */
  readonly longLived: boolean;
}

/** Retry budget of a client. */
export interface BudgetValues {
  /** Initial and maximum number of tokens. */
  readonly capacity: number;
  /** Cost of a retry. */
  readonly cost: number;
  /** Cost of a retry after a throttle, and of the transparent retry. */
  readonly throttleCost: number;
}

/** Kind of a method, by the sides that stream. */
export type MethodKind = "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";

/** Kind of a value. */
export type ValueRule =
  /** Milliseconds: any number greater than 0 in code, a whole number elsewhere. */
  | { readonly is: "timeout" }
  /** An integer; a bound may be a constant of the behavior itself. */
  | { readonly is: "integer"; readonly min: number; readonly max: number | "maxMaxAttempts" }
  | { readonly is: "word"; readonly words: readonly string[] }
  | { readonly is: "flag" }
  | { readonly is: "codes" }
  /** `enum` is a word of the field's enum. */
  | { readonly is: "enum" | "text" | "texts" };

/** Kind of a value that code can state. */
export type StatedRule = Exclude<ValueRule, { readonly is: "enum" | "text" | "texts" }>;

/** One value of a method's policy. */
export type PolicyRow<T> = ValueRule & {
  readonly default: T;
  /** Kinds of method that have the default; others have `null`. Absent: all. */
  readonly builtInFor?: readonly MethodKind[];
  /** How code states it: in one of these options, or by `retry: false`. Absent: not at all. */
  readonly option?: "settings" | "retry" | "retry: false";
  /**
   * Field of `ameide.policy.v1.MethodPolicy`. Absent: the one of its name; `null`: a document
   * cannot state it.
   */
  readonly field?: string | null;
};

/** One number of a client. */
export type NumberRow = (
  | { readonly is: "timeout" }
  | { readonly is: "integer"; readonly min: number; readonly max: number }
) & {
  /** `null` for none. */
  readonly default: number | null;
};

const TIMEOUT = { is: "timeout", option: "settings" } as const;
const AT_LEAST_1 = { is: "integer", min: 1, max: Number.MAX_SAFE_INTEGER } as const;
const DELAY = { ...AT_LEAST_1, option: "retry" } as const;
const FLAG = { is: "flag" } as const;
const COST = { is: "integer", min: 1, max: 10_000 } as const;
const MAX_UINT32 = 0xffffffff;

/** Policy of a method, in the order of `explain`. */
export const POLICY = {
  timeoutMs: {
    ...TIMEOUT,
    default: 30_000,
    builtInFor: ["unary"],
  },
  attemptTimeoutMs: { ...TIMEOUT, default: 10_000 },
  firstMessageTimeoutMs: { ...TIMEOUT, default: 30_000 },
  idleTimeoutMs: { ...TIMEOUT, default: 60_000 },
  retry: { ...FLAG, option: "retry: false", default: true, field: null },
  maxAttempts: {
    is: "integer",
    min: 1,
    max: "maxMaxAttempts",
    option: "retry",
    default: 3,
  },
  baseDelayMs: { ...DELAY, default: 50 },
  throttleDelayMs: { ...DELAY, default: 1_000 },
  maxDelayMs: { ...DELAY, default: 20_000 },
  maxServerDelayMs: { ...DELAY, default: 60_000 },
  retryableCodes: { is: "codes", option: "retry", default: [] },
  requireIdempotency: { ...FLAG, option: "retry", default: false },
  waitForReady: { ...FLAG, option: "settings", default: false },
  idempotency: { is: "enum", default: "unknown", field: "facts.idempotencyLevel" },
  carriesIdempotencyKey: { ...FLAG, default: false, field: "facts.idempotencyKey" },
  requestIdField: { is: "text", default: null, field: "facts.requestIdField" },
  idempotencyKey: { is: "word", words: ["auto", "off"], option: "settings", default: "auto" },
  tenantMode: { is: "enum", default: "optional", field: "facts.tenant" },
  authMode: { is: "enum", default: "bearer", field: "facts.auth" },
  scopes: { is: "texts", default: [], field: null },
  longLived: { ...FLAG, default: false, field: null },
} as const satisfies { readonly [K in keyof PolicyValues]: PolicyRow<PolicyValues[K]> };

// Data that not every entry reads is kept beside the rows, so that a page does without it.

/** Environment variables that state a value. */
export const VARIABLES: { readonly [K in keyof PolicyValues]?: string } = {
  timeoutMs: "AMEIDE_TIMEOUT_MS",
  retry: "AMEIDE_SDK_RETRIES",
  maxAttempts: "AMEIDE_MAX_ATTEMPTS",
};

/** Kinds of method that a value has an effect on, if not all. */
export const KINDS: { readonly [K in keyof PolicyValues]?: readonly MethodKind[] } = {
  attemptTimeoutMs: ["unary"],
  firstMessageTimeoutMs: ["server_streaming"],
  idleTimeoutMs: ["server_streaming", "bidi_streaming"],
};

/** Retry budget: the fields of `ameide.policy.v1.RetryBudget`. */
export const BUDGET = {
  capacity: { ...COST, default: 500 },
  cost: { ...COST, default: 14 },
  throttleCost: { ...COST, default: 5 },
} as const satisfies { readonly [K in keyof BudgetValues]: NumberRow };

/** Numbers that code states for a client, by the paths of its options. */
export const CLIENT = {
  connectTimeoutMs: { is: "timeout", default: 10_000 },
  // As many as Node.js keeps idle.
  maxConnections: { is: "integer", min: 1, max: 65_535, default: 256 },
  // gRFC A8 recommends no less than 10 s.
  "keepAlive.intervalMs": { ...AT_LEAST_1, min: 1_000, default: 20_000 },
  "keepAlive.timeoutMs": { ...AT_LEAST_1, default: 10_000 },
  maxConnectionAgeMs: { ...AT_LEAST_1, default: null },
  readMaxBytes: { is: "integer", min: 1, max: MAX_UINT32, default: 4 * 1_024 * 1_024 },
  "compression.minBytes": { is: "integer", min: 0, max: MAX_UINT32, default: 1_024 },
  // Ends before Kubernetes kills, 30 s after it asks to end.
  "drain.timeoutMs": { is: "timeout", default: 20_000 },
} as const satisfies Readonly<Record<string, NumberRow>>;

/** Bounds of kept and printed data. They are the same in every SDK, and no call shows them. */
export const BOUNDS = {
  /** Origins whose connections and retry budgets a client family keeps. */
  maxOrigins: 100,
  /** Page tokens kept of a list, in characters. */
  maxPageTokenCharacters: 1_024 * 1_024,
  /** Listed faults and unknown fields of a document. */
  maxFaults: 20,
  /** Listed texts along the causes of a callback's error, and the length of each. */
  maxThrownTexts: 8,
  maxThrownCharacters: 300,
} as const;

/** Names of the values in one place of the options. */
export type NamesOf<O extends "settings" | "retry"> = {
  [K in keyof PolicyValues]: (typeof POLICY)[K] extends { readonly option: O } ? K : never;
}[keyof PolicyValues];

/** Names of the time limits. */
export type TimeLimit = {
  [K in keyof PolicyValues]: (typeof POLICY)[K] extends { readonly is: "timeout" } ? K : never;
}[keyof PolicyValues];

/** Rows of the table, in its order. */
export const ROWS = Object.entries(POLICY) as unknown as readonly (readonly [
  keyof PolicyValues,
  PolicyRow<unknown>,
])[];

/** Names of the time limits. */
export const TIME_LIMITS = ROWS.filter(([, { is }]) => is === "timeout").map(
  ([name]) => name as TimeLimit,
);

/** Lists the names of the values in one place of the options. */
export function namesOf<O extends "settings" | "retry">(option: O): readonly NamesOf<O>[] {
  return ROWS.filter(([, row]) => row.option === option).map(([name]) => name as NamesOf<O>);
}

/**
 * Returns the bounds of a number in a document and the environment, where it is whole.
 *
 * @param maxMaxAttempts - Maximum number of attempts a policy may ask for.
 */
export function boundsOf(
  rule: ValueRule,
  maxMaxAttempts: number,
): { readonly min: number; readonly max: number } {
  if (rule.is !== "integer") {
    return AT_LEAST_1;
  }
  return { min: rule.min, max: rule.max === "maxMaxAttempts" ? maxMaxAttempts : rule.max };
}

/** Returns the defaults of a table. */
export function defaultsOf<T extends Readonly<Record<string, { readonly default: unknown }>>>(
  table: T,
): { readonly [K in keyof T]: T[K]["default"] } {
  const entries = Object.entries(table).map(([name, row]) => [name, row.default]);
  return Object.fromEntries(entries) as { readonly [K in keyof T]: T[K]["default"] };
}

/** Returns the defaults for a kind of method. */
export function defaultsFor(defaults: PolicyValues, kind: MethodKind): PolicyValues {
  const without = ROWS.filter(([, { builtInFor }]) => builtInFor?.includes(kind) === false);
  return { ...defaults, ...Object.fromEntries(without.map(([name]) => [name, null])) };
}
