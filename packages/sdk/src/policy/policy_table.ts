/**
 * Each value that may be stated for a client or its methods, once: what it is,
 * between which bounds, what it is by default, and where it is stated. Checks of
 * options, the policy document, the environment, the layers and the suite's
 * `policy.json` are made from it.
 */

/** How repeating a call relates to calling once. From `idempotency_level`. */
export type Idempotency = "no_side_effects" | "idempotent" | "unknown";

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
  /** Attempts of one call, the first included. */
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
  /**
   * True: a method of unknown idempotency without a key is repeated only where
   * nothing was sent.
   */
  readonly requireIdempotency: boolean;
  /** True: while nothing was sent, a call goes on until its deadline. */
  readonly waitForReady: boolean;
  /** Idempotency of the method. */
  readonly idempotency: Idempotency;
  /** Whether the proto of the method asks for an idempotency key. */
  readonly carriesIdempotencyKey: boolean;
  /** The request field that names the request (AIP-155), by its proto name; `null` for none. */
  readonly requestIdField: string | null;
  /** Whether a key is attached where the proto of the method asks for one. */
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
  /** Initial and maximum number of tokens. */
  readonly capacity: number;
  /** What a retry costs. */
  readonly cost: number;
  /** What a retry after a throttle costs, and the transparent one. */
  readonly throttleCost: number;
}

/** Which side of a method streams. */
export type MethodKind = "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";

/** What a value is. */
export type ValueRule =
  /** Milliseconds: any number greater than 0 in code, a whole one elsewhere. */
  | { readonly is: "timeout" }
  /** A bound may be a number of the behavior itself. */
  | { readonly is: "integer"; readonly min: number; readonly max: number | "maxMaxAttempts" }
  | { readonly is: "word"; readonly words: readonly string[] }
  | { readonly is: "flag" }
  | { readonly is: "codes" }
  /** `enum`: a word of the field's enum. */
  | { readonly is: "enum" | "text" | "texts" };

/** What a value is that code can state. */
export type StatedRule = Exclude<ValueRule, { readonly is: "enum" | "text" | "texts" }>;

/** A value of the policy of a method. */
export type PolicyRow<T> = ValueRule & {
  readonly default: T;
  /** Kinds of method that have the default; others have `null`. Absent: all. */
  readonly builtInFor?: readonly MethodKind[];
  /** Where options have it. Absent: code cannot state it. */
  readonly option?: "settings" | "retry";
  /**
   * Its field of `ameide.policy.v1.MethodPolicy`. Absent: the one of its name; `null`:
   * a document cannot state it.
   */
  readonly field?: string | null;
};

/** A number of a client. */
export type NumberRow = (
  | { readonly is: "timeout" }
  | { readonly is: "integer"; readonly min: number; readonly max: number }
) & {
  /** `null`: none. */
  readonly default: number | null;
};

const TIMEOUT = { is: "timeout", option: "settings" } as const;
const AT_LEAST_1 = { is: "integer", min: 1, max: Number.MAX_SAFE_INTEGER } as const;
const DELAY = { ...AT_LEAST_1, option: "retry" } as const;
const FLAG = { is: "flag" } as const;
const COST = { is: "integer", min: 1, max: 10_000 } as const;
const MAX_UINT32 = 0xffffffff;

/** The policy of a method. `explain` has it in this order. */
export const POLICY = {
  timeoutMs: {
    ...TIMEOUT,
    default: 30_000,
    builtInFor: ["unary"],
  },
  attemptTimeoutMs: { ...TIMEOUT, default: 10_000 },
  firstMessageTimeoutMs: { ...TIMEOUT, default: 30_000 },
  idleTimeoutMs: { ...TIMEOUT, default: 60_000 },
  retry: { ...FLAG, default: true, field: null },
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

// What not every door reads stands beside the rows, so that a page does without it.

/** The variables of the environment that state a value. */
export const VARIABLES: { readonly [K in keyof PolicyValues]?: string } = {
  timeoutMs: "AMEIDE_TIMEOUT_MS",
  maxAttempts: "AMEIDE_MAX_ATTEMPTS",
};

/** Kinds of method a value does something for, where not for all. */
export const KINDS: { readonly [K in keyof PolicyValues]?: readonly MethodKind[] } = {
  attemptTimeoutMs: ["unary"],
  firstMessageTimeoutMs: ["server_streaming"],
  idleTimeoutMs: ["server_streaming", "bidi_streaming"],
};

/** The retry budget: the fields of `ameide.policy.v1.RetryBudget`. */
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
  // Over before the 30 s after which Kubernetes kills what it has told to end.
  "drain.timeoutMs": { is: "timeout", default: 20_000 },
} as const satisfies Readonly<Record<string, NumberRow>>;

/** Bounds of what is kept and told. They are alike in every SDK, and no call shows them. */
export const BOUNDS = {
  /** Origins whose connections and retry budgets a client family keeps. */
  maxOrigins: 100,
  /** Page tokens that are kept of a list, in characters. */
  maxPageTokenCharacters: 1_024 * 1_024,
  /** Faults and unknown fields of a document that are told. */
  maxFaults: 20,
  /** Texts along the causes of what a callback threw that are told, and how much of each. */
  maxThrownTexts: 8,
  maxThrownCharacters: 300,
} as const;

/** Names of the values that options have in a place. */
export type NamesOf<O extends "settings" | "retry"> = {
  [K in keyof PolicyValues]: (typeof POLICY)[K] extends { readonly option: O } ? K : never;
}[keyof PolicyValues];

/** Names of the limits of time. */
export type TimeLimit = {
  [K in keyof PolicyValues]: (typeof POLICY)[K] extends { readonly is: "timeout" } ? K : never;
}[keyof PolicyValues];

/** The rows of the table, in its order. */
export const ROWS = Object.entries(POLICY) as unknown as readonly (readonly [
  keyof PolicyValues,
  PolicyRow<unknown>,
])[];

/** Names of the limits of time. */
export const TIME_LIMITS = ROWS.filter(([, { is }]) => is === "timeout").map(
  ([name]) => name as TimeLimit,
);

/** Names of the values that options have in a place. */
export function namesOf<O extends "settings" | "retry">(option: O): readonly NamesOf<O>[] {
  return ROWS.filter(([, row]) => row.option === option).map(([name]) => name as NamesOf<O>);
}

/**
 * Between what a number lies as a document and the environment have it: whole.
 *
 * @param maxMaxAttempts - Most attempts a policy may ask for.
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

/** The defaults of a table. */
export function defaultsOf<T extends Readonly<Record<string, { readonly default: unknown }>>>(
  table: T,
): { readonly [K in keyof T]: T[K]["default"] } {
  const entries = Object.entries(table).map(([name, row]) => [name, row.default]);
  return Object.fromEntries(entries) as { readonly [K in keyof T]: T[K]["default"] };
}

/** The defaults as they hold for a kind of method. */
export function defaultsFor(defaults: PolicyValues, kind: MethodKind): PolicyValues {
  const without = ROWS.filter(([, { builtInFor }]) => builtInFor?.includes(kind) === false);
  return { ...defaults, ...Object.fromEntries(without.map(([name]) => [name, null])) };
}
