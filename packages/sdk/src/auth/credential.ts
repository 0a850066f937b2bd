import type { TokenRequest } from "./auth.js";

/** A header to send, and which token it came from. */
export interface Credential {
  readonly header: string;
  readonly value: string;
  /** Of the request to a provider it came by, from 1; 0 for what never changes. */
  readonly generation: number;
}

/** A call that wants a credential. */
export interface CredentialRequest extends Pick<TokenRequest, "tenant" | "scopes"> {
  /** When the call ends, by the monotonic clock; infinite for never. */
  readonly deadlineMs: number;
}

/** Whether a credential may stand in a header: printable ASCII, not empty. */
export function isCredential(value: unknown): value is string {
  return typeof value === "string" && /^[!-~](?:[ -~]*[!-~])?$/.test(value);
}

/** Whether a bearer token is one, and without the word that is put before it. */
export function isToken(value: unknown): value is string {
  return isCredential(value) && !/^bearer /i.test(value);
}

/** The rule of {@link isToken} in words. */
export const TOKEN_RULE =
  "must be printable ASCII on one line, without spaces around it, and without Bearer before it";

/** The rule of {@link isCredential} in words. */
export const CREDENTIAL_RULE = "must be printable ASCII on one line, without spaces around it";

/**
 * What of a call is secret: the last credential, those before it, and values of
 * headers. The longest come first: one may be a part of another.
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
