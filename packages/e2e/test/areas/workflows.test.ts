import { RunState } from "@ameideio/ameide-sdk-ts/workflows/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a run is watched from its start to its end", async () => {
  const { ameide } = await startAreas();
  const { definition } = await ameide.workflows.createDefinition({ name: "intake" });
  const definitionId = definition?.id ?? "";
  await ameide.workflows.createVersion({ definitionId, steps: [{ id: "sort", kind: "agent" }] });
  const { run } = await ameide.workflows.startRun({ definitionId, input: { request: "help" } });
  const runId = run?.id ?? "";
  const states: RunState[] = [];
  for await (const event of ameide.workflows.watchRun({ runId })) {
    const state = event.run?.state ?? RunState.UNSPECIFIED;
    states.push(state);
    if (state < RunState.SUCCEEDED) {
      const next = state === RunState.PENDING ? RunState.RUNNING : RunState.SUCCEEDED;
      await ameide.workflows.reportStatus({ runId, stepId: "sort", state: next });
    }
  }
  expect(states).toEqual([RunState.PENDING, RunState.RUNNING, RunState.SUCCEEDED]);
});
