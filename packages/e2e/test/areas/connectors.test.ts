import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import { AuthType, SourceOfTruthArea } from "@ameideio/ameide-sdk-ts/connectors/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a connection is right until it is revoked", async () => {
  const { ameide } = await startAreas();
  const { connection } = await ameide.connector.registerConnection({
    provider: "hubspot",
    authType: AuthType.OAUTH2,
    secretRef: "vault://crm/hubspot",
  });
  const connectionId = connection?.id ?? "";
  const deals = { area: SourceOfTruthArea.CRM, entityType: "deal" };
  const source = await ameide.connector.resolveSourceOfTruth(deals);
  expect(source.connection?.id).toBe(connectionId);
  await ameide.connector.revokeConnection({ connectionId });
  const error = await ameide.connector
    .resolveSourceOfTruth(deals)
    .catch((reason: unknown) => reason);
  expect(isAmeideError(error) && [error.reason, error.reasonMetadata]).toEqual([
    "NO_SOURCE_OF_TRUTH",
    { [connectionId]: "REVOKED" },
  ]);
});
