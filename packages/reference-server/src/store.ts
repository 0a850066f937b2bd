import { clone, create, type DescMethod, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import type { AuditEventSchema } from "@ameideio/core-proto/ameide/audit/v1";
import {
  MemberSchema,
  OrganizationSchema,
  SessionSchema,
  type ApiKeySchema,
  type Member,
  type Organization,
  type Session,
} from "@ameideio/core-proto/ameide/identity/v1";
import {
  RecordUsageRequestSchema,
  type RecordUsageRequest,
  type UsageRecord,
} from "@ameideio/core-proto/ameide/meter/v1";
import type { Message, Thread } from "@ameideio/core-proto/ameide/threads/v1";
import { ApiKeys } from "./api_keys.js";
import type { Changes } from "./changes.js";
import { Generations } from "./generations.js";
import { IdempotencyKeys } from "./idempotency.js";
import { methodFacts } from "./method_facts.js";
import { OpenStreams } from "./open_streams.js";
import type { RoutedProvider } from "./routed_providers.js";
import { Sealer } from "./seal.js";
import { Tokens, type StaticToken } from "./tokens.js";

/** Initial resources of a tenant that no RPC creates. */
export interface TenantSeed {
  /** Default: one organization, whose id is the tenant's. */
  organizations?: MessageInitShape<typeof OrganizationSchema>[];
  /** Members by organization id. */
  members?: Record<string, MessageInitShape<typeof MemberSchema>[]>;
  /** API keys with their secrets. */
  apiKeys?: { secret: string; apiKey: Omit<MessageInitShape<typeof ApiKeySchema>, "$typeName"> }[];
  /** Sessions of people. */
  sessions?: MessageInitShape<typeof SessionSchema>[];
  /** Audit events of before, as they were exported. Recorded ones follow them in the chain. */
  auditEvents?: MessageInitShape<typeof AuditEventSchema>[];
  /** Providers that messages are routed to. Default: two, one fast, one cheap. */
  providers?: RoutedProvider[];
}

/** Options of {@link createStore}. */
export interface StoreOptions {
  /** `required` if methods that take a bearer token demand one. Default `off`. */
  auth?: "off" | "required";
  /** Tokens that are valid from the start. Default none. */
  tokens?: StaticToken[];
  /** Clock, in epoch milliseconds. Default `Date.now`. */
  now?: () => number;
  /**
   * Wait of a call before it is executed, in milliseconds, or a function of the method's full name
   * (`ameide.meter.v1.MeterService/RecordUsage`). Default 0.
   */
  delayMs?: number | ((method: string) => number);
  /** Time that a model takes for each token it generates, in milliseconds. Default 0. */
  tokenDelayMs?: number;
  /** Initial resources of tenants. */
  seed?: Record<string, TenantSeed>;
}

/** A recorded use, as {@link Store.usageRecords} gives it. */
export interface RecordedUsage {
  tenant: string;
  id: string;
  /** Time of recording, in epoch milliseconds. */
  recordedAt: number;
  usage: RecordUsageRequest;
}

/** Thread as it is stored. */
export interface StoredThread {
  readonly thread: Thread;
  readonly messages: Message[];
  /** Grows with every change of any thread of the store. */
  touched: number;
  /** Announces appended messages and the deletion. */
  readonly changes: Changes;
  deletedAt: Timestamp | undefined;
}

/** Recorded use as it is stored. */
export interface StoredUsage {
  /** Position among the uses of all tenants. */
  readonly ordinal: number;
  readonly record: UsageRecord;
}

/** Resources of one tenant. */
export interface TenantState {
  readonly threads: Map<string, StoredThread>;
  readonly organizations: Map<string, { organization: Organization; members: Member[] }>;
  readonly sessions: Map<string, Session>;
  readonly usage: StoredUsage[];
}

/** Everything that the server keeps, in memory. */
export class Store {
  readonly authRequired: boolean;
  readonly now: () => number;
  readonly sealer = new Sealer();
  readonly idempotencyKeys = new IdempotencyKeys();
  readonly openStreams = new OpenStreams();
  readonly generations = new Generations();
  readonly tokenDelayMs: number;
  readonly apiKeys: ApiKeys;
  readonly tokens: Tokens;
  private readonly tenants = new Map<string, TenantState>();
  private readonly states = new Map<string, Map<unknown, unknown>>();
  private readonly callCounts = new Map<string, number>();
  private ticks = 0;

  constructor(private readonly options: StoreOptions) {
    this.authRequired = options.auth === "required";
    this.now = options.now ?? Date.now;
    this.tokenDelayMs = options.tokenDelayMs ?? 0;
    this.apiKeys = new ApiKeys(this.now);
    this.tokens = new Tokens(this.sealer, this.apiKeys, this.now, options.tokens ?? []);
    for (const [tenant, { apiKeys = [] }] of Object.entries(options.seed ?? {})) {
      for (const { secret, apiKey } of apiKeys) {
        this.apiKeys.add(tenant, apiKey, secret);
      }
    }
  }

  /** Lists all recorded uses so far, in the order of recording. */
  usageRecords(): RecordedUsage[] {
    return [...this.tenants]
      .flatMap(([tenant, { usage }]) => usage.map((stored) => ({ tenant, ...stored })))
      .sort((a, b) => a.ordinal - b.ordinal)
      .map(({ tenant, record: { id, usage, recordedAt } }) => ({
        tenant,
        id,
        recordedAt: recordedAt ? timestampMs(recordedAt) : 0,
        usage: clone(RecordUsageRequestSchema, usage ?? create(RecordUsageRequestSchema)),
      }));
  }

  /**
   * Counts the calls of each method, by full name (`ameide.meter.v1.MeterService/RecordUsage`).
   * Calls that were refused, or answered from the store of idempotency keys, count too; calls whose
   * body could not be read do not.
   */
  calls(): Record<string, number> {
    return Object.fromEntries(this.callCounts);
  }

  /** Counts one call. */
  countCall(method: DescMethod): void {
    const { name } = methodFacts(method);
    this.callCounts.set(name, (this.callCounts.get(name) ?? 0) + 1);
  }

  /** Returns the wait of a method's call before it is executed, in milliseconds. */
  delayMs(method: DescMethod): number {
    const { delayMs = 0 } = this.options;
    return typeof delayMs === "number" ? delayMs : delayMs(methodFacts(method).name);
  }

  /** Returns a number greater than all before. */
  tick(): number {
    this.ticks += 1;
    return this.ticks;
  }

  /** Returns the time of now. */
  timestamp(): Timestamp {
    return timestampFromMs(this.now());
  }

  /** Returns the resources of a tenant, which is created when it is first named. */
  tenant(id: string): TenantState {
    const known = this.tenants.get(id) ?? this.create(id);
    this.tenants.set(id, known);
    return known;
  }

  /** Returns what a tenant has from the start. */
  seed(tenant: string): TenantSeed {
    const { seed = {} } = this.options;
    return own(seed, tenant) ?? {};
  }

  /**
   * Returns what a service keeps for a tenant. It is made when it is first asked for, and is the
   * same from then on: `make` is its key.
   */
  state<T>(tenant: string, make: (store: Store, tenant: string) => T): T {
    const states = this.states.get(tenant) ?? new Map<unknown, unknown>();
    this.states.set(tenant, states);
    if (!states.has(make)) {
      states.set(make, make(this, tenant));
    }
    return states.get(make) as T;
  }

  /**
   * Forgets the resources of a tenant, but for its API keys, and the answers to its calls, and ends
   * its streams: it is as it was at the start.
   */
  forget(tenant: string): void {
    this.tenants.delete(tenant);
    this.states.delete(tenant);
    this.idempotencyKeys.forget(tenant);
    this.openStreams.endTenant(tenant);
  }

  private create(id: string): TenantState {
    const { organizations, members = {}, sessions = [] } = this.seed(id);
    const createdAt = timestampFromMs(this.now());
    const all = organizations ?? [{ id, slug: id.toLowerCase(), displayName: id, createdAt }];
    return {
      threads: new Map(),
      usage: [],
      sessions: new Map(
        sessions.map((init) => create(SessionSchema, init)).map((session) => [session.id, session]),
      ),
      organizations: new Map(
        all
          .map((init) => create(OrganizationSchema, init))
          .map((organization) => [
            organization.id,
            {
              organization,
              members: (own(members, organization.id) ?? []).map((init) =>
                create(MemberSchema, init),
              ),
            },
          ]),
      ),
    };
  }
}

/** Returns a value of a record, of which keys like `constructor` are none unless they are set. */
function own<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Creates the memory of a server, for {@link routes}. */
export function createStore(options: StoreOptions = {}): Store {
  return new Store(options);
}
