/**
 * What an SDK does around a call, as data: the built-in defaults, the layers
 * that may change them, and the one function that lays them over each other.
 *
 * This file, like the other files of the policy core, decides and does nothing
 * else: no clock, no network, no randomness, no log.
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

/** What is spoken on the wire. */
export type Protocol = "connect" | "grpc" | "grpc-web";

/** Every number of the policy that is not a field of {@link PolicyValues}. */
export interface PolicyConstants {
  readonly defaults: PolicyValues;
  readonly budget: BudgetValues;
  /** Tokens that come back when a call ends well and paid for no retry. */
  readonly successRefund: number;
  readonly maxMaxAttempts: number;
  /** Cap of the backoff while nothing can be sent, so that a server that is back is found soon. */
  readonly maxReadyDelayMs: number;
  readonly hintJitterCapMs: number;
  readonly hintJitterDivisor: number;
  /** A wait must end at least this long before the deadline. */
  readonly deadlineMarginMs: number;
  /** With less time left, nothing is sent. */
  readonly minWireTimeoutMs: number;
  readonly maxWireTimeoutMs: number;
  /** What is kept back from an ambient deadline. */
  readonly ambientMarginMs: number;
  /** A token is renewed in the background from so long before it expires. */
  readonly advisoryRefreshMs: number;
  /** The same as a share of the token's life; the smaller holds. */
  readonly advisoryLifeShare: number;
  readonly advisoryJitter: number;
  /** A new token is waited for from so long before the old one expires. */
  readonly mandatoryRefreshMs: number;
  /** The same as a share of the token's life; the smaller holds. */
  readonly mandatoryLifeShare: number;
  /** How long after a failure no renewal is begun in the background. */
  readonly failedRefreshWaitMs: number;
  /** A token is used for so long after it came, whatever it says of its end. */
  readonly minTokenUseMs: number;
  /** The least number that is read as milliseconds since the epoch, not seconds. */
  readonly minExpiryMs: number;
  /** Least time from a provider's failure, or from a refused renewal, to the next request. */
  readonly providerPauseMs: number;
  /** The longest that calls wait for a request to the provider that another call began. */
  readonly tokenJoinMs: number;
  /** The same as a share of the time the call has left; the smaller holds. */
  readonly tokenJoinShare: number;
  /** The longest wait for a token, and the deadline a provider is told. */
  readonly tokenTimeoutMs: number;
  /** Most requests to one provider at once. */
  readonly maxTokenRequests: number;
  /** Most tokens kept by a client and those derived from it. */
  readonly maxTokens: number;
  /** Longest message of an error, and longest text read from its details, in bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** How many details of an error are looked at. */
  readonly maxDetails: number;
  /** How many bytes of details of one kind are read. */
  readonly maxDetailBytes: number;
  /** How many entries of a list or a map in a detail are read, and headers told in an event. */
  readonly maxEntries: number;
  /** How many entries of a list or a map are printed. */
  readonly maxPrintedEntries: number;
  /** Longest text of an entry that is printed, in bytes of UTF-8. */
  readonly maxPrintedTextBytes: number;
  readonly maxUserAgentBytes: number;
  readonly readMaxBytes: number;
  /** Longest time for a connection to be made. */
  readonly connectTimeoutMs: number;
  /** A GET whose address would be longer, in characters, is sent as POST. */
  readonly maxGetUrlLength: number;
  /** When a connection of HTTP/2 is asked whether its peer is there, in milliseconds. */
  readonly keepAlive: { readonly intervalMs: number; readonly timeoutMs: number };
  /** Most connections of HTTP/2 to one origin that take calls. */
  readonly maxHttp2Connections: number;
  /** How long a client that is drained waits for its calls. */
  readonly drainTimeoutMs: number;
  /** What each preset changes of the defaults. */
  readonly presets: Readonly<Record<Preset, Partial<PolicyValues>>>;
}

/** How much of what a peer says an error keeps beside the raw details, and prints. */
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
  // RFC 9110, section 4.1: what all should be able to receive.
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
