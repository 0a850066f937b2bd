import type { Credential } from "./credential.js";
import type { AmeideError } from "../errors/errors.js";
import type { PolicyConstants } from "../policy/policy.js";
import type { TokenLife } from "./token_life.js";

/** A request to a provider. */
export interface TokenFlight {
  /** Counts the requests to a provider from 1. */
  readonly number: number;
  readonly startedMs: number;
  /** It was begun because a token was refused. */
  readonly afterRefusal: boolean;
}

/** A token that was got. */
export interface KeptToken {
  readonly credential: Credential;
  readonly life: TokenLife;
  readonly afterRefusal: boolean;
}

/** A call that waits for a token. */
export interface TokenWaiter {
  /** The request it waits for; undefined before there is room for one. */
  readonly flight: TokenFlight | undefined;
  /** A newer token came. */
  take(credential: Credential): void;
  /** The request failed: a token that is still good is taken instead. */
  fail(error: AmeideError): void;
  /** There will be no token. */
  abandon(error: AmeideError): void;
}

/** All that is kept for a tenant and scopes of one provider. */
export interface TokenEntry {
  token: KeptToken | undefined;
  /** Generation of the newest token that is not to be used again, if there is another. */
  refused: number;
  /** The last failure of the provider, since when no token came. */
  failure: { readonly error: AmeideError; readonly atMs: number } | undefined;
  /** The newest request, until it is answered. */
  flight: TokenFlight | undefined;
  readonly waits: Set<TokenWaiter>;
  /** It is no longer in the store. */
  dropped: boolean;
}

const SWEEP_MS = 1_000;

/**
 * Keeps the tokens of a client and those derived from it: the ones used last,
 * as many as are allowed. All are gone once it is closed.
 */
export class TokenStore {
  // The one used longest ago comes first.
  private readonly entries = new Map<string, TokenEntry>();
  private readonly waits = new Set<TokenWaiter>();
  private providers = 0;
  private sweptMs = Number.NEGATIVE_INFINITY;
  private closed: AmeideError | undefined;

  /** Names a provider in keys. */
  nextProvider(): number {
    return ++this.providers;
  }

  /** Why there are no tokens any more. */
  get closeReason(): AmeideError | undefined {
    return this.closed;
  }

  /** The entry of a key, made where there is none. */
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

  /** Somebody waits for a token. */
  addWait(wait: TokenWaiter): void {
    this.waits.add(wait);
  }

  removeWait(wait: TokenWaiter): void {
    this.waits.delete(wait);
  }

  /** Drops everything, and fails those who wait. */
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

// Nothing of it is of use any more, nor holds a provider back.
function isSpent({ token, failure, flight, waits }: TokenEntry, pausedFromMs: number): boolean {
  return (
    (token === undefined || token.life.stage() === "expired") &&
    (failure === undefined || failure.atMs <= pausedFromMs) &&
    flight === undefined &&
    waits.size === 0
  );
}
