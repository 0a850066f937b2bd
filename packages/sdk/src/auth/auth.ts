/** Describes the token that a provider is asked for. */
export interface TokenRequest {
  /** Tenant of the call, if it has one. */
  readonly tenant: string | undefined;
  /** OAuth scopes the method declares (RFC 6749, section 3.3). */
  readonly scopes: readonly string[];
  /**
   * When the SDK stops waiting for this request, 30 s after it began. Calls that
   * wait for it may have less time left; it is never theirs.
   */
  readonly deadline: Date;
}

/** A bearer token (RFC 6750). */
export interface Token {
  readonly token: string;
  /**
   * A `Date`, or milliseconds since the Unix epoch. Leave it out for a token that
   * does not expire: it is kept until refused. All else (seconds, `null`, `NaN`,
   * text) fails the call with the reason CONFIG_INVALID.
   */
  readonly expiresAt?: Date | number | undefined;
}

/**
 * Gets a token. Called once for many waiting calls, for at most 16 tenants and scopes at once.
 * After a failure it is not called again for a second. The text of an exception it throws appears
 * in the calls' errors, with `REDACTED` in place of anything that looks like a credential.
 */
export type TokenProvider = (request: TokenRequest) => Token | Promise<Token>;

/**
 * How calls are authenticated: by a bearer token that does not change, by a
 * static key in a header of its own, or by tokens from a provider.
 */
export type Auth =
  | { readonly token: string }
  | { readonly header: string; readonly value: string }
  | { readonly provider: TokenProvider };
