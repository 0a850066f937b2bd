import { randomBytes } from "node:crypto";
import { create, fromJsonString, toJsonString, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { IntrospectResponseSchema } from "@ameideio/core-proto/ameide/identity/v1";
import type { ApiKeys } from "./api_keys.js";
import type { Caller } from "./call.js";
import type { Sealer } from "./seal.js";

/** Claims of a token, as in {@link IntrospectResponseSchema}. */
export type Claims = Omit<MessageInitShape<typeof IntrospectResponseSchema>, "$typeName">;

/** Token that is valid from the start. */
export interface StaticToken {
  /** Token itself, as it appears after `Bearer`. */
  token: string;
  /** Claims of the token. Without `expiresAt` it never ends. */
  claims: Claims;
}

const PURPOSE = "access token";
const DEFAULT_LIFETIME_MS = 15 * 60_000;

/**
 * Issues and accepts access tokens. Issued tokens are sealed and not stored; they end at their
 * expiry, or with the API key that they were issued for.
 */
export class Tokens {
  private readonly static: Map<string, Caller>;

  constructor(
    private readonly sealer: Sealer,
    private readonly apiKeys: ApiKeys,
    private readonly now: () => number,
    staticTokens: readonly StaticToken[],
  ) {
    this.static = new Map(
      staticTokens.map(({ token, claims }) => [
        token,
        {
          claims: create(IntrospectResponseSchema, { ...claims, active: true }),
          apiKeyId: undefined,
        },
      ]),
    );
  }

  /**
   * Issues a token.
   *
   * @param options - `lifetimeMs` defaults to 15 minutes; `notAfter`, in epoch milliseconds, cuts
   *   it short.
   * @returns the token and its expiry, in epoch milliseconds.
   */
  issue(
    claims: Claims,
    options: { apiKeyId: string | undefined; lifetimeMs?: number; notAfter?: number },
  ): { token: string; expiresAt: number } {
    const issuedAt = this.now();
    const expiresAt = Math.min(
      issuedAt + (options.lifetimeMs ?? DEFAULT_LIFETIME_MS),
      options.notAfter ?? Infinity,
    );
    const content = create(IntrospectResponseSchema, {
      ...claims,
      active: true,
      issuedAt: timestampFromMs(issuedAt),
      expiresAt: timestampFromMs(expiresAt),
    });
    const nonce = randomBytes(8).toString("hex");
    const parts = [nonce, options.apiKeyId ?? "", toJsonString(IntrospectResponseSchema, content)];
    return { token: this.sealer.seal(PURPOSE, parts.join("\n")), expiresAt };
  }

  /**
   * Returns the caller that a token stands for, or undefined if it is unknown, expired or revoked.
   */
  accept(token: string): Caller | undefined {
    const caller = this.static.get(token) ?? this.open(token);
    const expiresAt = caller?.claims.expiresAt;
    if (expiresAt !== undefined && timestampMs(expiresAt) <= this.now()) {
      return undefined;
    }
    return caller;
  }

  private open(token: string): Caller | undefined {
    const content = this.sealer.open(PURPOSE, token);
    if (content === undefined) {
      return undefined;
    }
    const [, apiKeyId = "", claims = ""] = content.split("\n");
    if (apiKeyId !== "" && !this.apiKeys.isGood(apiKeyId)) {
      return undefined;
    }
    return {
      claims: fromJsonString(IntrospectResponseSchema, claims),
      apiKeyId: apiKeyId === "" ? undefined : apiKeyId,
    };
  }
}
