import { Code } from "@connectrpc/connect";
import { Router } from "@ameideio/core-proto/beamline/flow/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const message = { messageId: "m1", tenantId: "acme", messageType: "completion.request" };

async function startRouter(providers?: { id: string; latencyMs: number; cost: number }[]) {
  const { client } = await start(providers && { seed: { acme: { providers } } });
  return { client, router: client(Router) };
}

test("a policy puts the cheapest or the fastest provider first", async () => {
  const { router } = await startRouter();
  expect(await router.decide({ message })).toMatchObject({
    providerId: "reference-economy",
    reason: "cheapest of 2",
    expectedLatencyMs: 250n,
    expectedCost: 0.0005,
  });
  expect(await router.decide({ message, policyId: "fastest" })).toMatchObject({
    providerId: "reference-express",
    metadata: { policy: "fastest", candidates: "reference-express reference-economy" },
  });
  expect(await failure(router.decide({ message, policyId: "constructor" }))).toMatchObject({
    code: Code.NotFound,
    reason: "POLICY_NOT_FOUND",
    metadata: { policy_id: "constructor" },
  });
});

test("the context bounds latency and cost, and gives the priority", async () => {
  const { router } = await startRouter();
  const context = { max_latency_ms: "100", priority: "7" };
  expect(await router.decide({ message, context })).toMatchObject({
    providerId: "reference-express",
    priority: 7,
  });
  const narrow = { ...context, max_cost: "0.001" };
  expect(await failure(router.decide({ message, context: narrow }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "NO_PROVIDER",
  });
  const wrong = { max_cost: "much" };
  expect(await failure(router.decide({ message, context: wrong }))).toMatchObject({
    fields: ['context["max_cost"]'],
  });
});

test("a provider gets only the types it takes, and its cost grows with the payload", async () => {
  const seed = {
    acme: {
      providers: [
        { id: "a", latencyMs: 1, cost: 0.25, messageTypes: ["other"] },
        { id: "b", latencyMs: 1, cost: 0.5, costPerKib: 1 },
        { id: "c", latencyMs: 1, cost: 1 },
      ],
    },
  };
  const { client } = await start({ seed });
  const router = client(Router);
  expect(await router.decide({ message })).toMatchObject({ providerId: "b", expectedCost: 0.5 });
  const payload = new Uint8Array(1024);
  const heavy = await router.decide({ message: { ...message, payload } });
  expect(heavy.providerId).toBe("c");
});

test("a key gets its first decision again, and no other request", async () => {
  const { router } = await startRouter();
  const keyed = { message, idempotencyKey: "k" };
  const first = await router.decide(keyed);
  expect(await router.decide(keyed)).toEqual(first);
  expect(await failure(router.decide({ ...keyed, policyId: "fastest" }))).toMatchObject({
    reason: "IDEMPOTENCY_KEY_REUSED",
  });
});

test("a message of another tenant is refused, and keys are a tenant's own", async () => {
  const { client, router } = await startRouter();
  await router.decide({ message, idempotencyKey: "k" });
  const other = client(Router, { tenant: "other" });
  expect(await failure(other.decide({ message }))).toMatchObject({
    reason: "TENANT_MISMATCH",
    fields: ["message.tenant_id"],
  });
  const theirs = { ...message, tenantId: "other" };
  const decision = await other.decide({ message: theirs, idempotencyKey: "k" });
  expect(decision.providerId).toBe("reference-economy");
});
