import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import { Stage } from "@ameideio/ameide-sdk-ts/transformation/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a transformation advances stage by stage", async () => {
  const { ameide } = await startAreas();
  const { transformation } = await ameide.transformation.createTransformation({
    name: "Leave the mainframe",
    owner: "ada",
  });
  const transformationId = transformation?.id ?? "";
  const advance = (to: Stage) => ameide.transformation.advanceStage({ transformationId, to });
  const error = await advance(Stage.REVIEW).catch((reason: unknown) => reason);
  expect(isAmeideError(error) && error.reason).toBe("STAGE_NOT_NEXT");
  expect((await advance(Stage.DESIGN)).transformation?.stage).toBe(Stage.DESIGN);
  const { milestones } = await ameide.transformation.listMilestones({ transformationId });
  expect(milestones.map(({ from, to }) => [from, to])).toEqual([[Stage.DISCOVERY, Stage.DESIGN]]);
});
