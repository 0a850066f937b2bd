import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import { ObjectiveState } from "@ameideio/ameide-sdk-ts/objectives/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("an objective sleeps until its time comes", async () => {
  let now = 0;
  const { ameide } = await startAreas({ now: () => now });
  const { objective } = await ameide.objective.create({ goal: "Win the deal", owner: "ada" });
  const objectiveId = objective?.id ?? "";
  for (const state of [ObjectiveState.RUNNING, ObjectiveState.SLEEPING]) {
    await ameide.objective.transition({ objectiveId, state });
  }
  const error = await ameide.objective.wake({ objectiveId }).catch((reason: unknown) => reason);
  expect(isAmeideError(error) && [error.reason, error.attempts.length]).toEqual(["TOO_EARLY", 1]);
  now += 60_000;
  const woken = await ameide.objective.wake({ objectiveId });
  expect(woken.objective).toMatchObject({ state: ObjectiveState.RUNNING, wake: { attempt: 1 } });
});
