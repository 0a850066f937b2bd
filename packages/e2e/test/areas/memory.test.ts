import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("what was stored is recalled by similarity, changed and forgotten", async () => {
  const { ameide } = await startAreas();
  const scope = { agentId: "assistant", subject: "ada" };
  const { memory } = await ameide.memory.store({ scope, content: "Ada drinks green tea" });
  await ameide.memory.store({ scope, content: "Ada works in Riga" });
  const recall = async () => {
    const { memories } = await ameide.memory.recall({ query: "what tea does Ada drink", scope });
    return memories.map((each) => each.memory?.content);
  };
  expect(await recall()).toEqual(["Ada drinks green tea", "Ada works in Riga"]);
  const id = memory?.id ?? "";
  const updateMask = { paths: ["content"] };
  await ameide.memory.update({ memory: { id, content: "Ada drinks black tea" }, updateMask });
  expect((await recall())[0]).toBe("Ada drinks black tea");
  await ameide.memory.delete({ memoryId: id });
  expect(await recall()).toEqual(["Ada works in Riga"]);
});
