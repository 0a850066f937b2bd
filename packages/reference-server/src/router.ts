import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  RouteDecisionSchema,
  RouteRequestSchema,
  type RouteDecision,
  type Router,
  type RouteRequest,
} from "@ameideio/core-proto/beamline/flow/v1";
import { invalidField, keyReused, notFound, Problem } from "./errors.js";
import { fingerprint } from "./fingerprint.js";
import { DEFAULT_PROVIDERS, type RoutedProvider } from "./routed_providers.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

type Candidate = RoutedProvider & { expectedCost: number };

/** What each policy puts first. The first policy is the default. */
const POLICIES = {
  cheapest: (a: Candidate, b: Candidate) => a.expectedCost - b.expectedCost,
  fastest: (a: Candidate, b: Candidate) => a.latencyMs - b.latencyMs,
};

interface Routing {
  readonly providers: readonly RoutedProvider[];
  readonly decided: Map<string, { fingerprint: string; decision: RouteDecision }>;
}

const makeRouting = (store: Store, tenant: string): Routing => ({
  providers: store.seed(tenant).providers ?? DEFAULT_PROVIDERS,
  decided: new Map(),
});

/**
 * Router. It knows the policies `cheapest`, which is the default, and `fastest`. Of the context it
 * reads `max_latency_ms`, `max_cost` and `priority`.
 */
export function flowRouter(store: Store): Methods<typeof Router> {
  return {
    decide(request, call) {
      if (request.message?.tenantId !== call.tenant) {
        throw invalidField(
          "message.tenant_id",
          "TENANT_MISMATCH",
          "must be the tenant of the call",
        );
      }
      const { providers, decided } = store.state(call.tenant, makeRouting);
      const { idempotencyKey } = request;
      if (idempotencyKey === undefined) {
        return decide(providers, request);
      }
      const body = fingerprint(RouteRequestSchema, request);
      const known = decided.get(idempotencyKey);
      if (known !== undefined && known.fingerprint !== body) {
        throw keyReused();
      }
      const decision = known?.decision ?? create(RouteDecisionSchema, decide(providers, request));
      decided.set(idempotencyKey, { fingerprint: body, decision });
      return clone(RouteDecisionSchema, decision);
    },
  };
}

function decide(
  providers: readonly RoutedProvider[],
  request: RouteRequest,
): MessageInitShape<typeof RouteDecisionSchema> {
  const { message, policyId, context } = request;
  const policy = policyId === "" ? "cheapest" : policyId;
  if (!isPolicy(policy)) {
    throw notFound("policy", policyId);
  }
  const maxLatencyMs = numberOf(context, "max_latency_ms") ?? Infinity;
  const maxCost = numberOf(context, "max_cost") ?? Infinity;
  const priority = numberOf(context, "priority") ?? 0;
  const kib = (message?.payload.length ?? 0) / 1024;
  const candidates = providers
    .map((each) => ({ ...each, expectedCost: each.cost + (each.costPerKib ?? 0) * kib }))
    .filter(({ messageTypes }) => messageTypes?.includes(message?.messageType ?? "") ?? true)
    .filter(({ latencyMs, expectedCost }) => latencyMs <= maxLatencyMs && expectedCost <= maxCost)
    .sort(POLICIES[policy]);
  const [best] = candidates;
  if (best === undefined) {
    throw new Problem(
      Code.FailedPrecondition,
      "NO_PROVIDER",
      "no provider takes the message within the bounds of the context",
      { metadata: { message_type: message?.messageType ?? "" } },
    );
  }
  return {
    providerId: best.id,
    reason: `${policy} of ${candidates.length}`,
    priority: Math.trunc(priority),
    expectedLatencyMs: BigInt(best.latencyMs),
    expectedCost: best.expectedCost,
    metadata: { policy, candidates: candidates.map(({ id }) => id).join(" ") },
  };
}

function isPolicy(id: string): id is keyof typeof POLICIES {
  return Object.hasOwn(POLICIES, id);
}

function numberOf(context: Record<string, string>, key: string): number | undefined {
  const text = Object.hasOwn(context, key) ? context[key] : undefined;
  if (text === undefined) {
    return undefined;
  }
  if (!/^\d{1,9}(\.\d+)?$/.test(text)) {
    throw invalidField(
      `context["${key}"]`,
      "NOT_A_NUMBER",
      "must be a decimal number, not negative",
    );
  }
  return Number(text);
}
