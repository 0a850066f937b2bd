import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a message is routed, and its provider invoked under a request id of the SDK's", async () => {
  const { ameide } = await startAreas();
  const body = new TextEncoder().encode("hello");
  const message = { messageId: "m", tenantId: "acme", messageType: "ping", payload: body };
  const { providerId } = await ameide.router.decide({ message, policyId: "fastest" });
  expect(providerId).toBe("reference-express");
  const one = await ameide.provider.invoke({ body });
  const other = await ameide.provider.invoke({ body });
  expect(one.requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(other.requestId).not.toBe(one.requestId);
  expect(other.body).toEqual(body);
});

it("a message of another tenant is told by its field", async () => {
  const { ameide } = await startAreas();
  const message = { messageId: "m", tenantId: "other", messageType: "ping" };
  const error = await ameide.router.decide({ message }).catch((reason: unknown) => reason);
  expect(isAmeideError(error) && error.fieldViolations).toMatchObject([
    { field: "message.tenant_id", description: "must be the tenant of the call" },
  ]);
});
