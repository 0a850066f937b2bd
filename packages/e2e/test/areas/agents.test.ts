import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("an agent is published, seen by a watcher and run", async () => {
  const { server, ameide } = await startAreas();
  const { agent } = await ameide.agents.createAgent({ name: "triage", instructions: "Sort." });
  const agentId = agent?.id ?? "";
  const seen: unknown[] = [];
  for await (const { event } of ameide.agents.watchCatalog({})) {
    seen.push(event.case === "agent" ? event.value.publishedVersion : event.case);
    if (event.case === "synced") {
      await ameide.agents.publishAgent({ agentId });
    } else if (seen.length === 3) {
      break;
    }
  }
  expect(seen).toEqual([0, "synced", 1]);
  await expect.poll(() => server.openStreams(), { interval: 1 }).toEqual({});
  const { output } = await ameide.agentsRuntime.invoke({ agentId, input: { text: "hello" } });
  expect(output).toEqual({ text: "hello", tool_calls: [] });
  expect(server.generations()).toHaveLength(1);
});
