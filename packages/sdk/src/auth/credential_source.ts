import type { Auth } from "./auth.js";
import type { Credential, CredentialRequest } from "./credential.js";
import type { Runtime } from "../runtime/runtime.js";
import { TokenCache } from "./token_cache.js";
import type { TokenStore } from "./token_store.js";
import type { TokenWait } from "./token_wait.js";

/** Gives credentials; shared by clients derived from one another. */
export interface CredentialSource {
  /** The header that carries the credential, lower-case. */
  readonly header: string;
  /**
   * Returns a credential at once if one is at hand, otherwise a wait for one.
   *
   * @throws AmeideError if the provider failed, just now or a moment ago.
   */
  get(request: CredentialRequest): Credential | TokenWait;
  /** Reports whether a credential newer than the refused one may be had. */
  canRenew(request: CredentialRequest, refused: Credential): boolean;
  /**
   * Gets a credential newer than the one that the server refused. Ask `canRenew` first.
   *
   * @throws AmeideError if the provider failed.
   */
  renew(request: CredentialRequest, refused: Credential): Credential | TokenWait;
  /**
   * Records a refusal after which the call goes no further: the next call wants a newer credential.
   */
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
