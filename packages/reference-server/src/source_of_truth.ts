import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  ConnectionState,
  SourceCandidateSchema,
  SourceOfTruthPolicySchema,
  type Connection,
  type ResolveSourceOfTruthRequest,
  type SourceCandidate,
  type SourceOfTruthPolicy,
} from "@ameideio/core-proto/ameide/connectors/v1";
import { CONNECTOR_PROVIDERS } from "./connector_providers.js";
import { Problem } from "./errors.js";

/** What a policy is about. */
type Subject = Pick<ResolveSourceOfTruthRequest, "area" | "entityType">;

/** The connection that is right, with how it was found. */
export interface Source {
  connection: Connection;
  policy?: SourceOfTruthPolicy;
  candidates: SourceCandidate[];
}

/** Returns the key of the policy about an area and a type of entity. */
export function policyKey({ area, entityType }: Subject): string {
  return `${area}/${entityType}`;
}

/** Reports whether a connection can read a type of entity, any of the area where none is named. */
export function isServed({ provider }: Connection, { area, entityType }: Subject): boolean {
  const serves = CONNECTOR_PROVIDERS.get(provider)?.serves ?? [];
  return serves.some(
    (each) => each.area === area && (entityType === "" || each.entityTypes.includes(entityType)),
  );
}

/**
 * Finds the connection that is right.
 *
 * @param connections - All of the tenant, the oldest first, in their state of now.
 * @throws Problem `failed_precondition` if none is.
 */
export function resolveSource(
  subject: Subject,
  connections: readonly Connection[],
  policies: ReadonlyMap<string, SourceOfTruthPolicy>,
): Source {
  const policy =
    policies.get(policyKey(subject)) ?? policies.get(policyKey({ ...subject, entityType: "" }));
  const { connectionIds, fallBack } =
    policy ??
    create(SourceOfTruthPolicySchema, {
      connectionIds: connections.filter((each) => isServed(each, subject)).map(({ id }) => id),
      fallBack: true,
    });
  const trusted = connectionIds.flatMap((id) => connections.find((each) => each.id === id) ?? []);
  const flaws = trusted.map((each) => flawOf(each, subject));
  const at = flaws.indexOf("");
  const chosen = at === 0 || fallBack ? trusted[at] : undefined;
  const candidates = trusted.map(({ id }, index) =>
    create(SourceCandidateSchema, {
      connectionId: id,
      chosen: id === chosen?.id,
      reason: id === chosen?.id ? "" : flaws[index] || "LESS_TRUSTED",
    }),
  );
  if (chosen === undefined) {
    throw new Problem(
      Code.FailedPrecondition,
      "NO_SOURCE_OF_TRUTH",
      "no connection is right about this",
      {
        metadata: Object.fromEntries(
          candidates.map(({ connectionId, reason }) => [connectionId, reason]),
        ),
      },
    );
  }
  return { connection: chosen, candidates, ...(policy && { policy }) };
}

function flawOf(connection: Connection, subject: Subject): string {
  if (connection.state !== ConnectionState.ACTIVE) {
    return ConnectionState[connection.state];
  }
  return isServed(connection, subject) ? "" : "NOT_SERVED";
}
