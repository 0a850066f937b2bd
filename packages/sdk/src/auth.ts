import { Code, ConnectError } from "@connectrpc/connect";
import { AmeideError, configError } from "./errors.js";
import type { Runtime } from "./runtime.js";

/** What a token is wanted for. */
export interface TokenRequest {
  /** Tenant of the call, if it has one. */
  readonly tenant: string | undefined;
  /** OAuth scopes the method declares (RFC 6749, section 3.3). */
  readonly scopes: readonly string[];
  /** When the first waiting call gives up; undefined for never. */
  readonly deadline: Date | undefined;
}

/** A bearer token (RFC 6750). */
export interface Token {
  readonly token: string;
  /** A date or epoch milliseconds. Without it the token is kept until refused. */
  readonly expiresAt?: Date | number | undefined;
}

/** Gets a token. Called once for many waiting calls. */
export type TokenProvider = (request: TokenRequest) => Token | Promise<Token>;

/**
 * How calls are authenticated: by a bearer token that does not change, by a
 * static key in a header of its own, or by tokens from a provider.
 */
export type Auth =
  | { readonly token: string }
  | { readonly header: string; readonly value: string }
  | { readonly provider: TokenProvider };

/** A header to send, and which token it came from. */
export interface Credential {
  readonly header: string;
  readonly value: string;
  /** Counts the tokens of a provider from 1; 0 for what never changes. */
  readonly generation: number;
}

/** Gives credentials. Clients derived from one share it. */
export interface CredentialSource {
  /** The header that carries the credential, lower-case. */
  readonly header: string;
  /** A credential, at once where one is at hand. */
  get(request: TokenRequest): Credential | Promise<Credential>;
  /**
   * A credential newer than the one the server refused; undefined where there
   * can be none.
   */
  renew(request: TokenRequest, refused: Credential): Credential | Promise<Credential> | undefined;
}

/** Makes a source of credentials from the option `auth`. */
export function createCredentialSource(auth: Auth, runtime: Runtime): CredentialSource {
  if ("provider" in auth) {
    return new TokenCache(auth.provider, runtime);
  }
  const credential =
    "token" in auth
      ? { header: "authorization", value: `Bearer ${auth.token}`, generation: 0 }
      : { header: auth.header.toLowerCase(), value: auth.value, generation: 0 };
  return { header: credential.header, get: () => credential, renew: () => undefined };
}

/** Whether a credential may stand in a header: printable ASCII, not empty. */
export function isCredential(value: unknown): value is string {
  return typeof value === "string" && /^[!-~](?:[ -~]*[!-~])?$/.test(value);
}

/** The rule of {@link isCredential} in words. */
export const CREDENTIAL_RULE = "must be printable ASCII on one line, without spaces around it";

interface Entry {
  credential: Credential | undefined;
  expiresAtMs: number;
  advisoryAtMs: number;
  /** Monotonic time before which no background refresh starts. */
  quietUntilMs: number;
  flight: { promise: Promise<Credential>; abandonAtMs: number } | undefined;
}

class TokenCache implements CredentialSource {
  readonly header = "authorization";
  private readonly entries = new Map<string, Entry>();
  // Calls of one method ask for the same again and again.
  private last: (Pick<TokenRequest, "tenant" | "scopes"> & { entry: Entry }) | undefined;

  constructor(
    private readonly provider: TokenProvider,
    private readonly runtime: Runtime,
  ) {}

  get(request: TokenRequest): Credential | Promise<Credential> {
    const entry = this.entry(request);
    const { clock, constants } = this.runtime;
    const wallNow = clock.wallNow();
    if (
      entry.credential === undefined ||
      wallNow >= entry.expiresAtMs - constants.mandatoryRefreshMs
    ) {
      return this.refresh(entry, request);
    }
    if (
      wallNow >= entry.advisoryAtMs &&
      entry.flight === undefined &&
      clock.now() >= entry.quietUntilMs
    ) {
      this.refreshInBackground(entry, request);
    }
    return entry.credential;
  }

  renew(request: TokenRequest, refused: Credential): Credential | Promise<Credential> {
    const entry = this.entry(request);
    if (entry.credential !== undefined && entry.credential.generation > refused.generation) {
      return entry.credential;
    }
    return this.refresh(entry, request);
  }

  private entry(request: TokenRequest): Entry {
    const { last } = this;
    const { tenant, scopes } = request;
    if (last !== undefined && last.tenant === tenant && last.scopes === scopes) {
      return last.entry;
    }
    const entry = this.find(request);
    this.last = { tenant, scopes, entry };
    return entry;
  }

  private find(request: TokenRequest): Entry {
    const key = JSON.stringify([request.tenant ?? null, request.scopes]);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = {
        credential: undefined,
        expiresAtMs: Infinity,
        advisoryAtMs: Infinity,
        quietUntilMs: -Infinity,
        flight: undefined,
      };
      this.entries.set(key, entry);
    }
    return entry;
  }

  private refreshInBackground(entry: Entry, request: TokenRequest): void {
    const failed = () => {
      const { clock, constants } = this.runtime;
      entry.quietUntilMs = clock.now() + constants.failedRefreshWaitMs;
    };
    try {
      const result = this.refresh(entry, {
        tenant: request.tenant,
        scopes: request.scopes,
        deadline: undefined,
      });
      if (result instanceof Promise) {
        result.catch(failed);
      }
    } catch {
      failed();
    }
  }

  // One flight per key. A flight whose starter has long given up is not joined:
  // a provider that never answers must not hold up later calls for ever.
  private refresh(entry: Entry, request: TokenRequest): Credential | Promise<Credential> {
    const now = this.runtime.clock.now();
    if (entry.flight !== undefined && now < entry.flight.abandonAtMs) {
      return entry.flight.promise;
    }
    let result: Token | Promise<Token>;
    try {
      const { tenant, scopes, deadline } = request;
      result = this.provider({ tenant, scopes, deadline });
    } catch (reason) {
      throw providerError(reason);
    }
    if (!isThenable(result)) {
      return this.store(entry, result);
    }
    const promise = Promise.resolve(result).then(
      (token) => this.store(entry, token),
      (reason: unknown) => {
        throw providerError(reason);
      },
    );
    const allowedMs =
      request.deadline === undefined
        ? this.runtime.constants.advisoryRefreshMs
        : request.deadline.getTime() - this.runtime.clock.wallNow();
    const flight = { promise, abandonAtMs: now + allowedMs };
    entry.flight = flight;
    const landed = () => {
      if (entry.flight === flight) {
        entry.flight = undefined;
      }
    };
    promise.then(landed, landed);
    return promise;
  }

  private store(entry: Entry, token: Token): Credential {
    if (typeof token !== "object" || token === null || !isCredential(token.token)) {
      throw configError("auth.provider", `the token ${CREDENTIAL_RULE}`);
    }
    const { constants, random } = this.runtime;
    const jitter = 1 + constants.advisoryJitter * (2 * random.authJitter() - 1);
    entry.expiresAtMs = token.expiresAt === undefined ? Infinity : Number(token.expiresAt);
    entry.advisoryAtMs = entry.expiresAtMs - constants.advisoryRefreshMs * jitter;
    entry.credential = {
      header: this.header,
      value: `Bearer ${token.token}`,
      generation: (entry.credential?.generation ?? 0) + 1,
    };
    return entry.credential;
  }
}

function isThenable(value: Token | Promise<Token>): value is Promise<Token> {
  return typeof (value as Promise<Token>)?.then === "function";
}

// The provider's own text may hold anything, so it is the cause only.
function providerError(reason: unknown): AmeideError {
  const source = new ConnectError("the token provider failed", Code.Unauthenticated);
  source.cause = reason;
  return new AmeideError(source, { origin: "client", reason: "TOKEN_PROVIDER_FAILED" });
}
