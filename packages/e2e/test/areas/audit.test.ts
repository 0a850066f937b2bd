import { ActorKind, Outcome } from "@ameideio/ameide-sdk-ts/audit/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("events are recorded, exported in order and verified", async () => {
  const { ameide } = await startAreas();
  for (const action of ["thread.create", "thread.delete"]) {
    const actor = { kind: ActorKind.AGENT, id: "outreach", onBehalfOf: "ada" };
    const resource = { type: "thread", id: "t-1" };
    await ameide.audit.recordEvent({
      event: { actor, action, resource, outcome: Outcome.SUCCESS, before: { title: "Hello" } },
    });
  }
  const exported = [];
  for await (const { event } of ameide.audit.exportEvents({})) {
    exported.push(event);
  }
  expect(exported.map((event) => event?.event?.action)).toEqual(["thread.create", "thread.delete"]);
  expect(await ameide.audit.verifyChain({})).toMatchObject({
    intact: true,
    verifiedCount: 2n,
    headChecksum: exported[1]?.checksum,
  });
});
