import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  AuthType,
  ConnectionSchema,
  ConnectionState,
  HealthState,
  SourceOfTruthArea,
  SourceOfTruthPolicySchema,
  type Connection,
  type ConnectorService,
  type SourceOfTruthPolicy,
} from "@ameideio/core-proto/ameide/connectors/v1";
import type { Call } from "./call.js";
import { CONNECTOR_PROVIDERS } from "./connector_providers.js";
import { notFound, precondition } from "./errors.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import { isServed, policyKey, resolveSource } from "./source_of_truth.js";
import type { Store } from "./store.js";

const { ACTIVE, EXPIRED, REVOKED } = ConnectionState;

// How long credentials last, in milliseconds. Those that are missing do not expire.
const LIFETIMES = new Map([
  [AuthType.OAUTH2, 60 * 60_000],
  [AuthType.SERVICE_ACCOUNT, 12 * 60 * 60_000],
]);
const EXPIRES_SOON_MS = 10 * 60_000;

interface Connectors {
  readonly connections: Resources<Connection>;
  readonly policies: Map<string, SourceOfTruthPolicy>;
}

const makeConnectors = (store: Store): Connectors => ({
  connections: new Resources(store, ConnectionSchema, "connection"),
  policies: new Map(),
});

/** ConnectorService. It reaches no provider: what it says follows from what it was told, and when. */
export function connectors(store: Store): Methods<typeof ConnectorService> {
  const of = (tenant: string) => store.state(tenant, makeConnectors);
  const current = (connection: Connection): Connection => {
    const { state, expiresAt } = connection;
    const expired = expiresAt !== undefined && timestampMs(expiresAt) <= store.now();
    return state === ACTIVE && expired ? { ...connection, state: EXPIRED } : connection;
  };
  const find = (call: Call, id: string) => current(of(call.tenant).connections.get(id));
  const credential = (authType: AuthType) => {
    const lifetime = LIFETIMES.get(authType);
    return {
      refreshedAt: store.timestamp(),
      ...(lifetime !== undefined && { expiresAt: timestampFromMs(store.now() + lifetime) }),
    };
  };
  return {
    registerConnection(request, call) {
      const { provider, displayName, authType, secretRef, scopes, readOnly } = request;
      const known = CONNECTOR_PROVIDERS.get(provider);
      if (known === undefined) {
        throw notFound("provider", provider);
      }
      if (!known.authTypes.includes(authType)) {
        throw precondition("AUTH_TYPE_UNSUPPORTED", `${provider} does not authenticate that way`);
      }
      const connection = of(call.tenant).connections.create({
        provider,
        displayName: displayName || provider,
        authType,
        secretRef,
        scopes,
        readOnly,
        state: ACTIVE,
        ...credential(authType),
      });
      return { connection };
    },

    getConnection: ({ connectionId }, call) => ({ connection: find(call, connectionId) }),

    listConnections(request, call) {
      const { provider, state, area } = request;
      const { items, nextPageToken } = of(call.tenant).connections.page(call, request, {
        where: (each) =>
          (provider === "" || provider === each.provider) &&
          (state === ConnectionState.UNSPECIFIED || state === current(each).state) &&
          (area === SourceOfTruthArea.UNSPECIFIED || isServed(each, { area, entityType: "" })),
      });
      return { connections: items.map(current), nextPageToken };
    },

    refreshConnection({ connectionId }, call) {
      const { authType, state, refreshCount } = find(call, connectionId);
      if (state === REVOKED) {
        throw precondition("CONNECTION_REVOKED", "the connection is revoked");
      }
      if (!LIFETIMES.has(authType)) {
        throw precondition("CREDENTIAL_LASTING", "the credential does not expire");
      }
      const connection = of(call.tenant).connections.patch(connectionId, {
        refreshCount: refreshCount + 1,
        ...credential(authType),
      });
      return { connection };
    },

    revokeConnection({ connectionId, reason }, call) {
      const { connections } = of(call.tenant);
      const connection = connections.get(connectionId);
      if (connection.state === REVOKED) {
        return { connection };
      }
      const revoked = { state: REVOKED, revokedAt: store.timestamp(), revokeReason: reason };
      return { connection: connections.patch(connectionId, revoked) };
    },

    getHealth({ connectionId }, call) {
      const connection = find(call, connectionId);
      return { ...healthOf(connection, store.now()), checkedAt: store.timestamp() };
    },

    resolveSourceOfTruth(request, call) {
      const { connections, policies } = of(call.tenant);
      return { ...resolveSource(request, connections.all().map(current), policies) };
    },

    setSourceOfTruthPolicy(request, call) {
      const { connections, policies } = of(call.tenant);
      const policy = clone(
        SourceOfTruthPolicySchema,
        request.policy ?? create(SourceOfTruthPolicySchema),
      );
      for (const id of policy.connectionIds) {
        if (!isServed(connections.get(id), policy)) {
          throw precondition("AREA_NOT_SERVED", `connection ${id} does not serve this`);
        }
      }
      policy.updatedAt = store.timestamp();
      if (policy.connectionIds.length === 0) {
        policies.delete(policyKey(policy));
      } else {
        policies.set(policyKey(policy), policy);
      }
      return { policy };
    },

    getCapabilities({ connectionId }, call) {
      const { provider, readOnly } = find(call, connectionId);
      const serves = CONNECTOR_PROVIDERS.get(provider)?.serves ?? [];
      return {
        capabilities: serves.flatMap(({ area, entityTypes, writes, watches }) =>
          entityTypes.map((entityType) => ({
            area,
            entityType,
            canRead: true,
            canWrite: writes && !readOnly,
            canWatch: watches,
          })),
        ),
      };
    },
  };
}

function healthOf({ state, expiresAt }: Connection, now: number) {
  const finding = (code: string, message: string) => [{ code, message }];
  if (state === REVOKED) {
    const findings = finding("CONNECTION_REVOKED", "the connection is revoked");
    return { state: HealthState.DISABLED, findings };
  }
  if (state === EXPIRED) {
    const findings = finding("CREDENTIAL_EXPIRED", "the credential has expired: refresh it");
    return { state: HealthState.UNHEALTHY, findings };
  }
  if (expiresAt !== undefined && timestampMs(expiresAt) - now <= EXPIRES_SOON_MS) {
    const findings = finding("CREDENTIAL_EXPIRES_SOON", "the credential expires soon: refresh it");
    return { state: HealthState.DEGRADED, findings };
  }
  return { state: HealthState.HEALTHY, findings: [] };
}
