import { createHash, randomBytes, randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { ApiKeySchema, type ApiKey } from "@ameideio/core-proto/ameide/identity/v1";

const PREFIX_LENGTH = 8;

/** API key as it is stored: its secret only as a hash. */
export interface StoredApiKey {
  readonly tenant: string;
  /** Position among all keys, from 1. */
  readonly ordinal: number;
  readonly apiKey: ApiKey;
}

/**
 * API keys of every tenant. They are kept in one place because calls without a tenant look up a key
 * by its secret.
 */
export class ApiKeys {
  private readonly byId = new Map<string, StoredApiKey>();
  private readonly bySecret = new Map<string, StoredApiKey>();

  constructor(private readonly now: () => number) {}

  /** Adds a key. Id, prefix and creation time are filled in. */
  add(
    tenant: string,
    init: Omit<MessageInitShape<typeof ApiKeySchema>, "$typeName">,
    secret = `ak_${randomBytes(24).toString("base64url")}`,
  ): { apiKey: ApiKey; secret: string } {
    const apiKey = create(ApiKeySchema, {
      id: randomUUID(),
      createdAt: timestampFromMs(this.now()),
      ...init,
      prefix: secret.slice(0, PREFIX_LENGTH),
    });
    const stored = { tenant, ordinal: this.byId.size + 1, apiKey };
    this.byId.set(apiKey.id, stored);
    this.bySecret.set(hash(secret), stored);
    return { apiKey, secret };
  }

  /** Returns the tenant's key of this id. */
  find(tenant: string, id: string): ApiKey | undefined {
    const stored = this.byId.get(id);
    return stored?.tenant === tenant ? stored.apiKey : undefined;
  }

  /** Lists the tenant's keys of an organization, including revoked and expired ones. */
  list(tenant: string, organizationId: string): StoredApiKey[] {
    return [...this.byId.values()].filter(
      (stored) => stored.tenant === tenant && stored.apiKey.organizationId === organizationId,
    );
  }

  /** Returns the key with this secret if it is valid now, and marks it as used. */
  use(secret: string): ApiKey | undefined {
    const apiKey = this.bySecret.get(hash(secret))?.apiKey;
    if (apiKey === undefined || !this.isGood(apiKey.id)) {
      return undefined;
    }
    apiKey.lastUsedAt = timestampFromMs(this.now());
    return apiKey;
  }

  /** Reports whether a key is neither revoked nor expired. */
  isGood(id: string): boolean {
    const apiKey = this.byId.get(id)?.apiKey;
    if (apiKey === undefined || apiKey.revokedAt !== undefined) {
      return false;
    }
    return apiKey.expiresAt === undefined || timestampMs(apiKey.expiresAt) > this.now();
  }
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
