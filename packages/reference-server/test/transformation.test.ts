import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { Stage, TransformationService } from "@ameideio/core-proto/ameide/transformation/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

async function startTransformation() {
  const clock = { now: 1_000 };
  const { client } = await start({ now: () => clock.now });
  const transformations = client(TransformationService);
  const init = { name: "Leave the mainframe", owner: "ada", targetDate: timestampFromMs(5_000) };
  const { transformation } = await transformations.createTransformation(init);
  const transformationId = transformation?.id ?? "";
  const advance = (to: Stage, evidence = "") =>
    transformations.advanceStage({ transformationId, to, evidence });
  return { clock, client, transformations, transformationId, advance };
}

test("stages follow one another, each a milestone", async () => {
  const { clock, transformations, transformationId, advance } = await startTransformation();
  expect(await failure(advance(Stage.PLANNING))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "STAGE_NOT_NEXT",
  });
  await advance(Stage.DESIGN, "42 interviews");
  await advance(Stage.DESIGN);
  clock.now = 6_000;
  await advance(Stage.PLANNING);
  for (const stage of [Stage.EXECUTION, Stage.REVIEW, Stage.COMPLETED]) {
    await advance(stage);
  }
  expect(await failure(advance(Stage.DESIGN))).toMatchObject({ reason: "STAGE_NOT_NEXT" });
  const { milestones } = await transformations.listMilestones({ transformationId });
  expect(milestones).toHaveLength(5);
  expect(milestones.slice(0, 2)).toMatchObject([
    { from: Stage.DISCOVERY, to: Stage.DESIGN, evidence: "42 interviews", late: false },
    { from: Stage.DESIGN, to: Stage.PLANNING, late: true, reachedAt: timestampFromMs(6_000) },
  ]);
  const got = await transformations.getTransformation({ transformationId });
  expect(got.transformation?.stage).toBe(Stage.COMPLETED);
});

test("an update changes all but the stage", async () => {
  const { transformations, transformationId: id } = await startTransformation();
  const update = (patch: object, ...paths: string[]) =>
    transformations.updateTransformation({
      transformation: { id, ...patch },
      updateMask: { paths },
    });
  const patch = { owner: "bob", elementIds: ["e-1"], stage: Stage.REVIEW };
  expect((await update(patch)).transformation).toMatchObject({
    name: "Leave the mainframe",
    owner: "bob",
    elementIds: ["e-1"],
    stage: Stage.DISCOVERY,
  });
  expect((await update({}, "target_date")).transformation?.targetDate).toBeUndefined();
  expect(await failure(update(patch, "stage"))).toMatchObject({ reason: "IMMUTABLE_FIELD" });
});

test("transformations are listed by stage and owner, the newest first", async () => {
  const { client, transformations, advance } = await startTransformation();
  await advance(Stage.DESIGN);
  await transformations.createTransformation({ name: "Second", owner: "bob" });
  const names = async (filter: object) =>
    (await transformations.listTransformations(filter)).transformations.map(({ name }) => name);
  expect(await names({})).toEqual(["Second", "Leave the mainframe"]);
  expect(await names({ stage: Stage.DISCOVERY })).toEqual(["Second"]);
  expect(await names({ owner: "ada" })).toEqual(["Leave the mainframe"]);
  const others = client(TransformationService, { tenant: "other" });
  expect((await others.listTransformations({})).transformations).toEqual([]);
});
