import type { TokenRequest } from "./auth.js";

/** Header to send, and the token it came from. */
export interface Credential {
  readonly header: string;
  readonly value: string;
  /**
   * Number of the provider request that it came from, counted from 1; 0 for a credential that never
   * changes.
   */
  readonly generation: number;
}

/** Call that wants a credential. */
export interface CredentialRequest extends Pick<TokenRequest, "tenant" | "scopes"> {
  /** End of the call by the monotonic clock; infinite if it has none. */
  readonly deadlineMs: number;
}

/** Reports whether a credential may stand in a header: printable ASCII, not empty. */
export function isCredential(value: unknown): value is string {
  return typeof value === "string" && /^[!-~](?:[ -~]*[!-~])?$/.test(value);
}

/** Reports whether a value is a bearer token, without the scheme that is put before it. */
export function isToken(value: unknown): value is string {
  return isCredential(value) && !/^bearer /i.test(value);
}

/** States the rule of {@link isToken} for error messages. */
export const TOKEN_RULE =
  "must be printable ASCII on one line, without spaces around it, and without Bearer before it";

/** States the rule of {@link isCredential} for error messages. */
export const CREDENTIAL_RULE = "must be printable ASCII on one line, without spaces around it";

/**
 * Lists the secrets of a call: the last credential, those before it, and values of headers. The
 * longest come first, because one may be part of another.
 */
export function secretsOf(
  last: Credential | undefined,
  earlier: readonly Credential[],
  headers: readonly string[],
): readonly string[] {
  const credentials = last === undefined ? earlier : [last, ...earlier];
  return [...credentials.map(({ value }) => value), ...headers]
    .map((value) => value.replace(/^(?:Bearer|Basic) /i, ""))
    .sort((a, b) => b.length - a.length);
}
