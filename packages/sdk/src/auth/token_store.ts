import type { Credential } from "./credential.js";
import type { AmeideError } from "../errors/errors.js";
import type { PolicyConstants } from "../policy/policy.js";
import type { TokenLife } from "./token_life.js";

/** Request to a provider. */
export interface TokenFlight {
  /** Counts the requests to a provider from 1. */
  readonly number: number;
  readonly startedMs: number;
  /** True if it began because a token was refused. */
  readonly afterRefusal: boolean;
}

/** Token that a provider gave. */
export interface KeptToken {
  readonly credential: Credential;
  readonly life: TokenLife;
  readonly afterRefusal: boolean;
}

/** Call that waits for a token. */
export interface TokenWaiter {
  /** Request it waits for; undefined while there is no room for one. */
  readonly flight: TokenFlight | undefined;
  /** Takes a newer token. */
  take(credential: Credential): void;
  /** Tells of a failed request; a token that is still good is taken instead. */
  fail(error: AmeideError): void;
  /** Ends the wait: no token will come. */
  abandon(error: AmeideError): void;
}

/** State of one provider for a tenant and scopes. */
export interface TokenEntry {
  token: KeptToken | undefined;
  /** Generation of the newest token that is not to be used again if there is another. */
  refused: number;
  /** Last failure of the provider; undefined once a token has come. */
  failure: { readonly error: AmeideError; readonly atMs: number } | undefined;
  /** Newest request, until it is answered. */
  flight: TokenFlight | undefined;
  readonly waits: Set<TokenWaiter>;
  /** True once it is no longer in the store. */
  dropped: boolean;
}

const SWEEP_MS = 1_000;

/**
 * Keeps the tokens of a client and of those derived from it: as many as are allowed, the least
 * recently used leave first. All are dropped once the client is closed.
 */
export class TokenStore {
  // Ordered by last use, oldest first.
  private readonly entries = new Map<string, TokenEntry>();
  private readonly waits = new Set<TokenWaiter>();
  private providers = 0;
  private sweptMs = Number.NEGATIVE_INFINITY;
  private closed: AmeideError | undefined;

  /** Returns the number that names one more provider in keys. */
  nextProvider(): number {
    return ++this.providers;
  }

  /** Reason for which there are no tokens any more; undefined while there may be some. */
  get closeReason(): AmeideError | undefined {
    return this.closed;
  }

  /** Returns the entry of a key, created if needed. */
  entry(key: string, constants: PolicyConstants, nowMs: number): TokenEntry {
    let entry = this.entries.get(key);
    if (entry !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, entry);
      return entry;
    }
    entry = {
      token: undefined,
      refused: 0,
      failure: undefined,
      flight: undefined,
      waits: new Set(),
      dropped: false,
    };
    this.makeRoom(constants, nowMs);
    this.entries.set(key, entry);
    return entry;
  }

  /** Adds a call that waits for a token. */
  addWait(wait: TokenWaiter): void {
    this.waits.add(wait);
  }

  removeWait(wait: TokenWaiter): void {
    this.waits.delete(wait);
  }

  /** Drops everything, and fails the calls that wait. */
  close(reason: AmeideError): void {
    this.closed ??= reason;
    for (const key of this.entries.keys()) {
      this.drop(key);
    }
    for (const wait of this.waits) {
      wait.abandon(reason);
    }
  }

  private makeRoom({ maxTokens, providerPauseMs }: PolicyConstants, nowMs: number): void {
    if (nowMs >= this.sweptMs + SWEEP_MS) {
      this.sweptMs = nowMs;
      for (const [key, entry] of this.entries) {
        if (isSpent(entry, nowMs - providerPauseMs)) {
          this.drop(key);
        }
      }
    }
    for (const key of this.entries.keys()) {
      if (this.entries.size < maxTokens) {
        break;
      }
      this.drop(key);
    }
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) {
      entry.dropped = true;
      this.entries.delete(key);
    }
  }
}

// Reports whether an entry can be dropped: it has nothing of use, nor does it hold a provider back.
function isSpent({ token, failure, flight, waits }: TokenEntry, pausedFromMs: number): boolean {
  return (
    (token === undefined || token.life.stage() === "expired") &&
    (failure === undefined || failure.atMs <= pausedFromMs) &&
    flight === undefined &&
    waits.size === 0
  );
}
