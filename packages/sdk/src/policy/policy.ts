/**
 * Policy of an SDK as data: the built-in defaults, the layers that may change them, and the one
 * function that merges them.
 *
 * This file, like the other files of the policy core, only decides: no clock, no network, no
 * randomness, no log.
 */

import {
  BUDGET,
  type BudgetValues,
  CLIENT,
  defaultsOf,
  POLICY,
  type PolicyValues,
  ROWS,
} from "./policy_table.js";

export type { BudgetValues, Idempotency, PolicyValues, TenantMode } from "./policy_table.js";

/** Protocols on the wire. */
export const PROTOCOLS = ["connect", "grpc", "grpc-web"] as const;

/** Protocol on the wire. */
export type Protocol = (typeof PROTOCOLS)[number];

/** Every number of the policy that is not a field of {@link PolicyValues}. */
export interface PolicyConstants {
  readonly defaults: PolicyValues;
  readonly budget: BudgetValues;
  /** Tokens refunded when a call succeeds that paid for no retry. */
  readonly successRefund: number;
  readonly maxMaxAttempts: number;
  /** Cap of the backoff while nothing can be sent, so that a server that is back is found soon. */
  readonly maxReadyDelayMs: number;
  readonly hintJitterCapMs: number;
  readonly hintJitterDivisor: number;
  /** Least time between the end of a wait and the deadline. */
  readonly deadlineMarginMs: number;
  /** Least time left to send anything. */
  readonly minWireTimeoutMs: number;
  readonly maxWireTimeoutMs: number;
  /** Margin kept back from an ambient deadline. */
  readonly ambientMarginMs: number;
  /** Time before its expiry from which a token is renewed in the background. */
  readonly advisoryRefreshMs: number;
  /** The same as a share of the token's life; the smaller applies. */
  readonly advisoryLifeShare: number;
  readonly advisoryJitter: number;
  /** Time before the expiry of a token from which calls wait for a new one. */
  readonly mandatoryRefreshMs: number;
  /** The same as a share of the token's life; the smaller applies. */
  readonly mandatoryLifeShare: number;
  /** Time after a failure in which no renewal is begun in the background. */
  readonly failedRefreshWaitMs: number;
  /** Least time for which a token is used after it came, whatever its expiry. */
  readonly minTokenUseMs: number;
  /** Smallest number that is read as milliseconds since the epoch, not seconds. */
  readonly minExpiryMs: number;
  /** Least time from a provider's failure, or from a refused renewal, to the next request. */
  readonly providerPauseMs: number;
  /** Longest wait of calls for a request to the provider that another call began. */
  readonly tokenJoinMs: number;
  /** The same as a share of the time the call has left; the smaller applies. */
  readonly tokenJoinShare: number;
  /** Longest wait for a token, and the deadline a provider is told. */
  readonly tokenTimeoutMs: number;
  /** Maximum number of simultaneous requests to one provider. */
  readonly maxTokenRequests: number;
  /** Maximum number of tokens kept by a client and those derived from it. */
  readonly maxTokens: number;
  /** Longest message of an error, and longest text read from its details, in bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** Maximum number of an error's details that are read. */
  readonly maxDetails: number;
  /** Maximum number of bytes read from details of one kind. */
  readonly maxDetailBytes: number;
  /**
   * Maximum number of entries read from a list or a map in a detail, and of headers in an event.
   */
  readonly maxEntries: number;
  /** Maximum number of entries printed from a list or a map. */
  readonly maxPrintedEntries: number;
  /** Longest text of an entry that is printed, in bytes of UTF-8. */
  readonly maxPrintedTextBytes: number;
  readonly maxUserAgentBytes: number;
  readonly readMaxBytes: number;
  /** Longest time to establish a connection. */
  readonly connectTimeoutMs: number;
  /** Longest address of a GET, in characters; a longer one is sent as POST. */
  readonly maxGetUrlLength: number;
  /** PINGs that ask whether the peer of an HTTP/2 connection is there, in milliseconds. */
  readonly keepAlive: { readonly intervalMs: number; readonly timeoutMs: number };
  /** Maximum number of HTTP/2 connections to one origin that take calls. */
  readonly maxHttp2Connections: number;
  /** Longest wait of a draining client for its calls. */
  readonly drainTimeoutMs: number;
  /** Changes that each preset makes to the defaults. */
  readonly presets: Readonly<Record<Preset, Partial<PolicyValues>>>;
}

/** Bounds on how much of a peer's words an error keeps besides the raw details, and prints. */
export type ErrorBounds = Pick<
  PolicyConstants,
  | "maxMessageBytes"
  | "maxDetails"
  | "maxDetailBytes"
  | "maxEntries"
  | "maxPrintedEntries"
  | "maxPrintedTextBytes"
>;

/** The built-in defaults of behavior version 1. A changed number is a new version. */
export const BEHAVIOR_1: PolicyConstants = {
  defaults: defaultsOf(POLICY),
  budget: defaultsOf(BUDGET),
  successRefund: 1,
  maxMaxAttempts: 5,
  maxReadyDelayMs: 1_000,
  hintJitterCapMs: 1_000,
  hintJitterDivisor: 10,
  deadlineMarginMs: 1,
  minWireTimeoutMs: 1,
  maxWireTimeoutMs: 9_999_999_999,
  ambientMarginMs: 5,
  advisoryRefreshMs: 120_000,
  advisoryLifeShare: 0.5,
  advisoryJitter: 0.1,
  mandatoryRefreshMs: 30_000,
  mandatoryLifeShare: 0.25,
  failedRefreshWaitMs: 5_000,
  minTokenUseMs: 1_000,
  minExpiryMs: 100_000_000_000,
  providerPauseMs: 1_000,
  tokenJoinMs: 3_000,
  tokenJoinShare: 0.5,
  tokenTimeoutMs: 30_000,
  maxTokenRequests: 16,
  maxTokens: 1_000,
  maxMessageBytes: 1_024,
  maxDetails: 32,
  maxDetailBytes: 64 * 1_024,
  maxEntries: 100,
  maxPrintedEntries: 10,
  maxPrintedTextBytes: 256,
  maxUserAgentBytes: 256,
  readMaxBytes: CLIENT.readMaxBytes.default,
  connectTimeoutMs: CLIENT.connectTimeoutMs.default,
  // RFC 9110, section 4.1: the length that everyone should be able to receive.
  maxGetUrlLength: 8_000,
  keepAlive: {
    intervalMs: CLIENT["keepAlive.intervalMs"].default,
    timeoutMs: CLIENT["keepAlive.timeoutMs"].default,
  },
  maxHttp2Connections: 10,
  drainTimeoutMs: CLIENT["drain.timeoutMs"].default,
  presets: { standalone: {}, mesh: { maxAttempts: 1 } },
};

/** Built-in defaults by behavior version. Old versions stay selectable. */
export const BEHAVIORS: Readonly<Record<number, PolicyConstants>> = { 1: BEHAVIOR_1 };

/** Behavior that the environment around the client already has. */
export type Preset = "standalone" | "mesh";

/** Some values, and their source. */
export interface PolicyLayer {
  /** Name in `explain`, for example `code: client`. */
  readonly source: string;
  readonly values: Partial<PolicyValues>;
}

/** Effective policy of a method, and the source of each value. */
export interface EffectivePolicy {
  readonly values: PolicyValues;
  readonly sources: Readonly<Record<keyof PolicyValues, string>>;
}

/** Merges layers, the strongest first. The last one has to state every value. */
export function resolvePolicy(
  layers: readonly [...PolicyLayer[], { source: string; values: PolicyValues }],
): EffectivePolicy {
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const [name] of ROWS) {
    const layer = layers.find((each) => each.values[name] !== undefined);
    values[name] = layer?.values[name];
    sources[name] = layer?.source ?? "";
  }
  return {
    values: values as unknown as PolicyValues,
    sources: sources as EffectivePolicy["sources"],
  };
}

/**
 * Returns the entries that select a method, the most specific first: the method
 * (`acme.v1.Billing/Charge`), then its service (`acme.v1.Billing`). The lookup is that of gRPC's
 * `methodConfig`.
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
 * Returns the canonical JSON of a policy (RFC 8785): its hash is the same in every language. A
 * value of `null` (no deadline) is kept.
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
