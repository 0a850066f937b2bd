import { randomUUID } from "node:crypto";
import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { Effect } from "@ameideio/core-proto/ameide/governance/v1";
import {
  MutationSchema,
  ObjectiveSchema,
  ObjectiveState,
  ObjectiveTransitionSchema,
  ProvenanceSchema,
  WakeScheduleSchema,
  type Objective,
  type ObjectiveService,
  type WakeSchedule,
} from "@ameideio/core-proto/ameide/objectives/v1";
import type { Call } from "./call.js";
import { precondition, Problem } from "./errors.js";
import { governanceOf } from "./evaluation.js";
import { demandNext, isFinal } from "./objective_states.js";
import { maxAttempts, sleepMs } from "./objective_wake.js";
import { Resources } from "./resources.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

const { AWAITING_APPROVAL, CANCELLED, FAILED, PENDING, RUNNING, SLEEPING } = ObjectiveState;

const makeObjectives = (store: Store) => new Resources(store, ObjectiveSchema, "objective");

/** ObjectiveService. */
export function objectives(store: Store): Methods<typeof ObjectiveService> {
  const of = (tenant: string) => store.state(tenant, makeObjectives);

  const change = (call: Call, objective: Objective, fields: Partial<Objective>): Objective =>
    of(call.tenant).patch(objective.id, { ...fields, revision: objective.revision + 1n });

  const move = (
    call: Call,
    objective: Objective,
    { state, reason, wake }: { state: ObjectiveState; reason: string; wake?: WakeSchedule },
  ): Objective =>
    change(call, objective, {
      state,
      history: [...objective.history, transition(store, objective.state, state, reason)],
      wake: wake ?? scheduleOf(objective, {}),
    });

  const evaluate = (call: Call, { plannedActions }: Objective) => {
    const governance = governanceOf(store, call.tenant);
    const evaluations = plannedActions.map((action) => governance.evaluate(action));
    const effect = evaluations
      .map((each) => each.effect)
      .reduce((a, b) => (a > b ? a : b), Effect.ALLOW);
    return { effect, evaluations };
  };

  const demandRunnable = (call: Call, objective: Objective): void => {
    const { effect } = evaluate(call, objective);
    if (effect === Effect.DENY) {
      throw precondition("GOVERNANCE_DENIED", "governance denies a planned action");
    }
    if (effect === Effect.REQUIRE_APPROVAL && !isApproved(objective)) {
      throw precondition("APPROVAL_REQUIRED", "a planned action needs approval");
    }
  };

  return {
    create({ goal, owner, agentId, parentId, plannedActions, retry }, call) {
      const all = of(call.tenant);
      if (parentId !== "" && isFinal(all.get(parentId).state)) {
        throw precondition("PARENT_ENDED", "the objective it would be a part of has ended");
      }
      const objective = all.create({
        goal,
        owner,
        agentId,
        parentId,
        plannedActions,
        state: PENDING,
        revision: 1n,
        wake: { ...(retry && { retry }) },
        history: [transition(store, ObjectiveState.UNSPECIFIED, PENDING, "")],
      });
      return { objective };
    },

    get: ({ objectiveId }, call) => ({ objective: of(call.tenant).get(objectiveId) }),

    query(request, call) {
      const { states, owner, agentId, parentId, dueBy } = request;
      const { items, nextPageToken } = of(call.tenant).page(call, request, {
        where: (each) =>
          (states.length === 0 || states.includes(each.state)) &&
          (owner === "" || owner === each.owner) &&
          (agentId === "" || agentId === each.agentId) &&
          (parentId === "" || parentId === each.parentId) &&
          (dueBy === undefined || wakeMs(each) <= timestampMs(dueBy)),
      });
      return { objectives: items, nextPageToken };
    },

    transition({ objectiveId, state, reason, wakeAt, expectedRevision }, call) {
      const objective = of(call.tenant).get(objectiveId);
      const { revision, wake } = objective;
      if (expectedRevision !== 0n && expectedRevision !== revision) {
        throw new Problem(
          Code.Aborted,
          "REVISION_CONFLICT",
          `the objective has revision ${revision}`,
          { metadata: { revision: String(revision) } },
        );
      }
      if (objective.state === state) {
        return { objective };
      }
      demandNext(objective.state, state);
      if (state === RUNNING) {
        demandRunnable(call, objective);
      }
      if (state !== SLEEPING) {
        return { objective: move(call, objective, { state, reason }) };
      }
      const attempt = wake?.attempt ?? 0;
      if (attempt >= maxAttempts(wake?.retry)) {
        const failed = { state: FAILED, reason: `${attempt} attempts were made` };
        return { objective: move(call, objective, failed) };
      }
      const until = wakeAt ?? timestampFromMs(store.now() + sleepMs(wake?.retry, attempt));
      const asleep = scheduleOf(objective, { wakeAt: until });
      return { objective: move(call, objective, { state, reason, wake: asleep }) };
    },

    wake({ objectiveId, force }, call) {
      const objective = of(call.tenant).get(objectiveId);
      if (objective.state !== SLEEPING) {
        throw precondition("NOT_SLEEPING", "the objective does not sleep");
      }
      const wakeAt = wakeMs(objective);
      if (!force && wakeAt > store.now()) {
        throw new Problem(Code.FailedPrecondition, "TOO_EARLY", "its time has not come", {
          metadata: { wake_at: new Date(wakeAt).toISOString() },
        });
      }
      demandRunnable(call, objective);
      const attempt = (objective.wake?.attempt ?? 0) + 1;
      const wake = scheduleOf(objective, { attempt });
      const reason = force ? "woken by force" : "its time came";
      return { objective: move(call, objective, { state: RUNNING, reason, wake }) };
    },

    recordProvenance(request, call) {
      const objective = of(call.tenant).get(request.objectiveId);
      const provenance = clone(ProvenanceSchema, request.provenance ?? create(ProvenanceSchema));
      Object.assign(provenance, { id: randomUUID(), recordedAt: store.timestamp() });
      change(call, objective, { provenance: [...objective.provenance, provenance] });
      return { provenance };
    },

    recordMutation(request, call) {
      const objective = of(call.tenant).get(request.objectiveId);
      if (objective.state !== RUNNING) {
        throw precondition("NOT_RUNNING", "only a running objective changes anything");
      }
      const mutation = clone(MutationSchema, request.mutation ?? create(MutationSchema));
      Object.assign(mutation, {
        id: randomUUID(),
        attempt: objective.wake?.attempt ?? 0,
        recordedAt: store.timestamp(),
      });
      change(call, objective, { mutations: [...objective.mutations, mutation] });
      return { mutation };
    },

    getGovernanceEvaluation({ objectiveId }, call) {
      return evaluate(call, of(call.tenant).get(objectiveId));
    },

    cancel({ objectiveId, reason }, call) {
      const objective = of(call.tenant).get(objectiveId);
      if (objective.state === CANCELLED) {
        return { objective };
      }
      demandNext(objective.state, CANCELLED);
      return { objective: move(call, objective, { state: CANCELLED, reason }) };
    },
  };
}

/** Reports whether a person decides with this move, or has decided before. */
function isApproved({ state, history }: Objective): boolean {
  return (
    state === AWAITING_APPROVAL ||
    history.some(({ from, to }) => from === AWAITING_APPROVAL && to === RUNNING)
  );
}

function transition(store: Store, from: ObjectiveState, to: ObjectiveState, reason: string) {
  return create(ObjectiveTransitionSchema, { from, to, reason, at: store.timestamp() });
}

/** Returns when an objective is to be woken, in epoch milliseconds, never where it does not sleep. */
function wakeMs({ wake }: Objective): number {
  return wake?.wakeAt === undefined ? Infinity : timestampMs(wake.wakeAt);
}

/** Returns the schedule of an objective with a change, and without a time unless that has one. */
function scheduleOf(
  { wake }: Objective,
  changes: MessageInitShape<typeof WakeScheduleSchema>,
): WakeSchedule {
  const { attempt = 0, retry } = wake ?? {};
  return create(WakeScheduleSchema, { attempt, ...(retry && { retry }), ...changes });
}
