import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import {
  MilestoneSchema,
  Stage,
  TransformationSchema,
  type Milestone,
  type Transformation,
  type TransformationService,
} from "@ameideio/core-proto/ameide/transformation/v1";
import { Collection } from "./collection.js";
import { precondition } from "./errors.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";
import { isBefore } from "./times.js";

const STAGES = [
  Stage.DISCOVERY,
  Stage.DESIGN,
  Stage.PLANNING,
  Stage.EXECUTION,
  Stage.REVIEW,
  Stage.COMPLETED,
];

interface Transformations {
  readonly all: Resources<Transformation>;
  readonly milestones: Collection<Milestone>;
}

const makeTransformations = (store: Store): Transformations => ({
  all: new Resources(store, TransformationSchema, "transformation", {
    writable: ["name", "description", "owner", "element_ids", "target_date"],
    required: ["name", "owner"],
  }),
  milestones: new Collection(store, "milestone"),
});

/** TransformationService. */
export function transformation(store: Store): Methods<typeof TransformationService> {
  const of = (tenant: string) => store.state(tenant, makeTransformations);
  return {
    createTransformation({ name, description, owner, elementIds, targetDate }, call) {
      const init = { name, description, owner, elementIds, stage: Stage.DISCOVERY };
      return {
        transformation: of(call.tenant).all.create({ ...init, ...(targetDate && { targetDate }) }),
      };
    },

    getTransformation({ transformationId }, call) {
      return { transformation: of(call.tenant).all.get(transformationId) };
    },

    updateTransformation({ transformation: patch, updateMask }, call) {
      return { transformation: of(call.tenant).all.update(patch, updateMask) };
    },

    listTransformations(request, call) {
      const { stage, owner } = request;
      const { items, nextPageToken } = of(call.tenant).all.page(call, request, {
        where: (each) =>
          (stage === Stage.UNSPECIFIED || stage === each.stage) &&
          (owner === "" || owner === each.owner),
      });
      return { transformations: items, nextPageToken };
    },

    advanceStage({ transformationId, to, evidence }, call) {
      const { all, milestones } = of(call.tenant);
      const known = all.get(transformationId);
      const { stage: from, targetDate } = known;
      if (from === to) {
        return { transformation: known };
      }
      const next = STAGES[STAGES.indexOf(from) + 1];
      if (next !== to) {
        const name = next === undefined ? "none" : Stage[next];
        throw precondition("STAGE_NOT_NEXT", `the next stage after ${Stage[from]} is ${name}`);
      }
      const id = randomUUID();
      const reachedAt = store.timestamp();
      const late = targetDate !== undefined && isBefore(targetDate, reachedAt);
      const init = { id, transformationId, from, to, evidence, reachedAt, late };
      milestones.add(id, create(MilestoneSchema, init));
      return { transformation: all.patch(transformationId, { stage: to }) };
    },

    listMilestones(request, call) {
      const { all, milestones } = of(call.tenant);
      all.get(request.transformationId);
      const { items, nextPageToken } = milestones.page(call, request, {
        where: ({ transformationId }) => transformationId === request.transformationId,
        direction: "ascending",
      });
      return { milestones: items, nextPageToken };
    },
  };
}
