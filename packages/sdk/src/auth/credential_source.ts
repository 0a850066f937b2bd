import type { Auth } from "./auth.js";
import type { Credential, CredentialRequest } from "./credential.js";
import type { Runtime } from "../runtime/runtime.js";
import { TokenCache } from "./token_cache.js";
import type { TokenStore } from "./token_store.js";
import type { TokenWait } from "./token_wait.js";

/** Gives credentials. Clients derived from one share it. */
export interface CredentialSource {
  /** The header that carries the credential, lower-case. */
  readonly header: string;
  /**
   * A credential, at once where one is at hand.
   *
   * @throws AmeideError where the provider failed, at once or a moment ago.
   */
  get(request: CredentialRequest): Credential | TokenWait;
  /** Whether there may be a credential newer than the one the server refused. */
  canRenew(request: CredentialRequest, refused: Credential): boolean;
  /**
   * A credential newer than the one the server refused. Ask `canRenew` first.
   *
   * @throws AmeideError where the provider failed.
   */
  renew(request: CredentialRequest, refused: Credential): Credential | TokenWait;
  /** The server refused it, and the call goes no further: the next one wants a newer one. */
  refuse(request: CredentialRequest, refused: Credential): void;
}

/**
 * Makes a source of credentials from the option `auth`.
 *
 * @param store - Keeps the tokens of providers.
 */
export function createCredentialSource(
  auth: Auth,
  runtime: Runtime,
  store: TokenStore,
): CredentialSource {
  if ("provider" in auth) {
    return new TokenCache(auth.provider, runtime, store);
  }
  const credential =
    "token" in auth
      ? { header: "authorization", value: `Bearer ${auth.token}`, generation: 0 }
      : { header: auth.header.toLowerCase(), value: auth.value, generation: 0 };
  return {
    header: credential.header,
    get: () => credential,
    canRenew: () => false,
    renew: () => credential,
    refuse: () => {},
  };
}
