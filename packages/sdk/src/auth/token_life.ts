import type { Token } from "./auth.js";
import { isToken, TOKEN_RULE } from "./credential.js";
import { configError } from "../errors/errors.js";
import type { PolicyConstants } from "../policy/policy.js";
import type { Clock } from "../runtime/runtime.js";

/** Provider's answer, once it has been read. */
export interface ReadToken {
  readonly text: string;
  /** Epoch milliseconds; infinite for a token that does not expire. */
  readonly expiresAtMs: number;
}

/**
 * Reads a provider's answer. Each member is read once, since it may be anything.
 *
 * @throws AmeideError CONFIG_INVALID naming the member and the rule.
 */
export function readToken(given: unknown, constants: PolicyConstants): ReadToken {
  if (typeof given !== "object" || given === null) {
    throw configError("auth.provider", "must give an object with a token", given);
  }
  const { token: text, expiresAt } = given as { [Name in keyof Token]: unknown };
  if (!isToken(text)) {
    throw configError("auth.provider", `the token ${TOKEN_RULE}`);
  }
  return { text, expiresAtMs: expiryOf(expiresAt, constants.minExpiryMs) };
}

function expiryOf(value: unknown, leastMs: number): number {
  if (value === undefined) {
    return Number.POSITIVE_INFINITY;
  }
  const ms = isDate(value) ? value.getTime() : value;
  if (typeof ms !== "number" || !Number.isFinite(ms) || ms < 0) {
    const rule =
      "expiresAt must be a Date or milliseconds since the epoch; leave it out for a token that does not expire";
    throw configError("auth.provider", rule, value);
  }
  if (ms < leastMs) {
    const rule =
      "expiresAt must be a Date or milliseconds since the epoch, and this can only be seconds: give 1000 times as much, or for a life in seconds Date.now() + 1000 * life";
    throw configError("auth.provider", rule);
  }
  return ms;
}

// Accepts a `Date` of any realm: test runners have their own.
function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]";
}

/** Stages of a token's life. */
export type LifeStage = "fresh" | "renewable" | "ending" | "expired";

/**
 * Life of a token from its arrival. Its age is the larger one by the two clocks: the wall clock may
 * be set, and the monotonic one may stop while the machine sleeps.
 */
export class TokenLife {
  private readonly cameMs: number;
  private readonly cameWallMs: number;
  private readonly lifeMs: number;
  private readonly renewFromMs: number;
  private readonly waitFromMs: number;

  /** @param jitter - Uniform in [0, 1): spreads the renewals over time. */
  constructor(
    private readonly clock: Clock,
    expiresAtMs: number,
    constants: PolicyConstants,
    jitter: number,
  ) {
    this.cameMs = clock.now();
    this.cameWallMs = clock.wallNow();
    this.lifeMs = expiresAtMs - this.cameWallMs;
    const { advisoryRefreshMs, advisoryLifeShare, advisoryJitter } = constants;
    const { mandatoryRefreshMs, mandatoryLifeShare, minTokenUseMs } = constants;
    const spread = 1 + advisoryJitter * (2 * jitter - 1);
    const from = (beforeMs: number) => Math.max(this.lifeMs - beforeMs, minTokenUseMs);
    this.renewFromMs = from(Math.min(advisoryRefreshMs, this.lifeMs * advisoryLifeShare) * spread);
    this.waitFromMs = from(Math.min(mandatoryRefreshMs, this.lifeMs * mandatoryLifeShare));
  }

  /** Returns the milliseconds since it came. */
  age(): number {
    const { clock } = this;
    return Math.max(clock.now() - this.cameMs, clock.wallNow() - this.cameWallMs);
  }

  stage(): LifeStage {
    const age = this.age();
    if (age < this.renewFromMs) {
      return "fresh";
    }
    if (age < this.waitFromMs) {
      return "renewable";
    }
    return age < this.lifeMs ? "ending" : "expired";
  }
}
