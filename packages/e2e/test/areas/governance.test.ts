import { Effect } from "@ameideio/ameide-sdk-ts/governance/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("an action is judged by what it says, and by what is on hold", async () => {
  const { ameide } = await startAreas();
  const effectOf = async (action: string) => {
    const resource = { type: "thread", id: "t-1" };
    const { evaluation } = await ameide.governance.evaluateAction({ action: { action, resource } });
    return evaluation?.effect;
  };
  expect(await effectOf("thread.get")).toBe(Effect.ALLOW);
  expect(await effectOf("thread.delete")).toBe(Effect.REQUIRE_APPROVAL);
  await ameide.governance.setLegalHold({ matter: "case 7", resourceType: "thread" });
  expect(await effectOf("thread.delete")).toBe(Effect.DENY);
  const { redactedText } = await ameide.governance.detectPii({ text: "ask ada@example.com" });
  expect(redactedText).toBe("ask [EMAIL]");
});
