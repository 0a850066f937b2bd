import { durationFromMs, timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { Effect, GovernanceService } from "@ameideio/core-proto/ameide/governance/v1";
import {
  type Objective,
  ObjectiveService,
  ObjectiveState,
} from "@ameideio/core-proto/ameide/objectives/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const {
  PENDING,
  PLANNING,
  AWAITING_APPROVAL,
  RUNNING,
  SLEEPING,
  BLOCKED,
  SUCCEEDED,
  FAILED,
  CANCELLED,
} = ObjectiveState;
const MINUTE = 60_000;
const goal = { goal: "Win the deal", owner: "ada" };

const NOT_ALLOWED = "TRANSITION_NOT_ALLOWED";

/** Why a call was refused, undefined where it was not. */
async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    async () => (await failure(call)).reason,
  );
}

async function startObjectives() {
  const clock = { now: 0 };
  const { client } = await start({ now: () => clock.now });
  const objectives = client(ObjectiveService);
  const add = async (more: object = {}) =>
    (await objectives.create({ ...goal, ...more })).objective?.id ?? "";
  const read = async (objectiveId: string) => (await objectives.get({ objectiveId })).objective;
  const go = async (objectiveId: string, ...states: ObjectiveState[]) => {
    let objective: Objective | undefined;
    for (const state of states) {
      ({ objective } = await objectives.transition({ objectiveId, state }));
    }
    return objective;
  };
  return { clock, client, objectives, add, read, go };
}

// How each state is reached.
const PATHS: readonly [ObjectiveState, readonly ObjectiveState[]][] = [
  [PENDING, []],
  [PLANNING, [PLANNING]],
  [AWAITING_APPROVAL, [PLANNING, AWAITING_APPROVAL]],
  [RUNNING, [RUNNING]],
  [SLEEPING, [RUNNING, SLEEPING]],
  [BLOCKED, [RUNNING, BLOCKED]],
  [SUCCEEDED, [RUNNING, SUCCEEDED]],
  [FAILED, [FAILED]],
];

test.each<[ObjectiveState, ObjectiveState[]]>([
  [PENDING, [PLANNING, RUNNING, FAILED]],
  [PLANNING, [AWAITING_APPROVAL, RUNNING, BLOCKED, FAILED]],
  [AWAITING_APPROVAL, [PLANNING, RUNNING, FAILED]],
  [RUNNING, [PLANNING, AWAITING_APPROVAL, SLEEPING, BLOCKED, SUCCEEDED, FAILED]],
  [SLEEPING, [FAILED]],
  [BLOCKED, [PLANNING, RUNNING, FAILED]],
  [SUCCEEDED, []],
  [FAILED, []],
])("from state %s the states %j follow, and no others", async (from, next) => {
  const { objectives, add, go } = await startObjectives();
  const path = PATHS.find(([state]) => state === from)?.[1] ?? [];
  const reach = async () => {
    const objectiveId = await add();
    await go(objectiveId, ...path);
    return objectiveId;
  };
  const others = PATHS.map(([state]) => state).filter((each) => each !== from && each !== PENDING);
  const outcomes: [ObjectiveState, string | undefined][] = [];
  for (const state of others) {
    const objectiveId = await reach();
    outcomes.push([state, await refusal(objectives.transition({ objectiveId, state }))]);
  }
  const expected = others.map((each) => [each, next.includes(each) ? undefined : NOT_ALLOWED]);
  expect(outcomes).toEqual(expected);
  const cancelled = await refusal(objectives.cancel({ objectiveId: await reach() }));
  expect(cancelled).toBe(next.length > 0 ? undefined : NOT_ALLOWED);
});

test("a refused move tells those that are allowed", async () => {
  const { add, go } = await startObjectives();
  expect(await failure(go(await add(), SUCCEEDED))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: NOT_ALLOWED,
    metadata: { from: "PENDING", to: "SUCCEEDED", allowed: "PLANNING RUNNING FAILED CANCELLED" },
  });
});

test("what is for Cancel and Create is not for Transition", async () => {
  const { objectives, add } = await startObjectives();
  const objectiveId = await add();
  for (const state of [PENDING, CANCELLED]) {
    const call = objectives.transition({ objectiveId, state });
    expect(await failure(call)).toMatchObject({ fields: ["state"] });
  }
  const wakeAt = timestampFromMs(1);
  expect(
    await failure(objectives.transition({ objectiveId, state: RUNNING, wakeAt })),
  ).toMatchObject({ fieldReasons: ["WAKE_AT_WITH_SLEEPING"] });
});

test("history and revision grow with each change, and not without one", async () => {
  const { clock, objectives, add, go, read } = await startObjectives();
  const objectiveId = await add();
  clock.now = 1_000;
  await objectives.transition({ objectiveId, state: PLANNING, reason: "begin" });
  const again = await go(objectiveId, PLANNING);
  expect(again).toMatchObject({
    revision: 2n,
    history: [
      { to: PENDING },
      { from: PENDING, to: PLANNING, reason: "begin", at: timestampFromMs(1_000) },
    ],
  });
  const late = objectives.transition({ objectiveId, state: RUNNING, expectedRevision: 1n });
  expect(await failure(late)).toMatchObject({
    code: Code.Aborted,
    reason: "REVISION_CONFLICT",
    metadata: { revision: "2" },
  });
  await objectives.transition({ objectiveId, state: RUNNING, expectedRevision: 2n });
  const cancelled = await objectives.cancel({ objectiveId, reason: "changed" });
  expect(await objectives.cancel({ objectiveId, reason: "again" })).toEqual(cancelled);
  expect((await read(objectiveId))?.history.at(-1)).toMatchObject({ reason: "changed" });
});

test("sleep doubles up to its most, until no attempt is left", async () => {
  const { clock, objectives, add, go } = await startObjectives();
  const retry = {
    maxAttempts: 4,
    baseDelay: durationFromMs(MINUTE),
    maxDelay: durationFromMs(5 * MINUTE),
  };
  const objectiveId = await add({ retry });
  await go(objectiveId, RUNNING);
  const slept: number[] = [];
  let objective = await go(objectiveId, SLEEPING);
  while (objective?.state === SLEEPING) {
    const wakeAt = objective.wake?.wakeAt ? timestampDate(objective.wake.wakeAt).getTime() : 0;
    slept.push((wakeAt - clock.now) / MINUTE);
    clock.now = wakeAt - 1;
    expect(await failure(objectives.wake({ objectiveId }))).toMatchObject({
      reason: "TOO_EARLY",
      metadata: { wake_at: new Date(wakeAt).toISOString() },
    });
    clock.now = wakeAt;
    const woken = (await objectives.wake({ objectiveId })).objective;
    expect(woken).toMatchObject({ state: RUNNING, wake: { attempt: slept.length } });
    expect(woken?.wake?.wakeAt).toBeUndefined();
    objective = await go(objectiveId, SLEEPING);
  }
  expect(slept).toEqual([1, 2, 4, 5]);
  expect(objective).toMatchObject({ state: FAILED });
  expect(objective?.history.at(-1)?.reason).toBe("4 attempts were made");
});

test("a time that is given counts, and force does not wait for it", async () => {
  const { objectives, add, go } = await startObjectives();
  const objectiveId = await add();
  expect(await failure(objectives.wake({ objectiveId }))).toMatchObject({ reason: "NOT_SLEEPING" });
  await go(objectiveId, RUNNING);
  const wakeAt = timestampFromMs(7 * MINUTE);
  await objectives.transition({ objectiveId, state: SLEEPING, wakeAt });
  const due = async (ms: number) =>
    (await objectives.query({ dueBy: timestampFromMs(ms) })).objectives.length;
  expect([await due(7 * MINUTE - 1), await due(7 * MINUTE)]).toEqual([0, 1]);
  const { objective } = await objectives.wake({ objectiveId, force: true });
  expect(objective).toMatchObject({ state: RUNNING, wake: { attempt: 1 } });
  expect(await due(7 * MINUTE)).toBe(0);
});

test("a wake repeated with its key wakes once", async () => {
  const { client, add, go } = await startObjectives();
  const objectiveId = await add();
  await go(objectiveId, RUNNING, SLEEPING);
  const keyed = client(ObjectiveService, { headers: { "idempotency-key": "k" } });
  const first = await keyed.wake({ objectiveId, force: true });
  expect(await keyed.wake({ objectiveId, force: true })).toEqual(first);
});

test("only a running objective changes anything, and each change tells its attempt", async () => {
  const { objectives, add, go, read } = await startObjectives();
  const objectiveId = await add();
  const mutation = { resourceType: "deal", resourceId: "d-1", operation: "update" };
  const record = () => objectives.recordMutation({ objectiveId, mutation });
  expect(await failure(record())).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "NOT_RUNNING",
  });
  const provenance = { id: "mine", sourceType: "thread", sourceId: "t-1" };
  const recorded = await objectives.recordProvenance({ objectiveId, provenance });
  expect(recorded.provenance?.id).not.toBe("mine");
  await go(objectiveId, RUNNING);
  await record();
  await go(objectiveId, SLEEPING);
  await objectives.wake({ objectiveId, force: true });
  await record();
  expect(await read(objectiveId)).toMatchObject({
    provenance: [{ sourceType: "thread", sourceId: "t-1" }],
    mutations: [{ ...mutation, attempt: 0 }, { attempt: 1 }],
  });
});

test("governance decides whether an objective runs", async () => {
  const { client, objectives, add, go } = await startObjectives();
  const planned = (...actions: string[]) => ({
    plannedActions: actions.map((action) => ({
      action,
      resource: { type: "thread", id: "t-1" },
    })),
  });
  const objectiveId = await add(planned("thread.get", "thread.delete"));
  const evaluate = async () => objectives.getGovernanceEvaluation({ objectiveId });
  const { effect, evaluations } = await evaluate();
  expect(effect).toBe(Effect.REQUIRE_APPROVAL);
  expect(evaluations.map((each) => each.effect)).toEqual([Effect.ALLOW, Effect.REQUIRE_APPROVAL]);
  await go(objectiveId, PLANNING);
  expect(await failure(go(objectiveId, RUNNING))).toMatchObject({ reason: "APPROVAL_REQUIRED" });
  await go(objectiveId, BLOCKED);
  expect(await failure(go(objectiveId, RUNNING))).toMatchObject({ reason: "APPROVAL_REQUIRED" });
  await go(objectiveId, PLANNING, AWAITING_APPROVAL, RUNNING, BLOCKED, RUNNING, SLEEPING);
  const governance = client(GovernanceService);
  await governance.setLegalHold({ matter: "case 7", resourceType: "thread" });
  expect((await evaluate()).effect).toBe(Effect.DENY);
  expect(await failure(objectives.wake({ objectiveId, force: true }))).toMatchObject({
    reason: "GOVERNANCE_DENIED",
  });
  const harmless = await add(planned("thread.get"));
  expect((await go(harmless, RUNNING))?.state).toBe(RUNNING);
});

test("objectives are chosen, paged and apart by tenant", async () => {
  const { client, objectives, add, go } = await startObjectives();
  const parentId = await add();
  const child = await add({ parentId, agentId: "outreach" });
  const other = await add({ owner: "bob" });
  await go(other, RUNNING);
  const ids = async (more: object) => (await objectives.query(more)).objectives.map(({ id }) => id);
  expect(await ids({})).toEqual([other, child, parentId]);
  expect(await ids({ owner: "bob" })).toEqual([other]);
  expect(await ids({ parentId })).toEqual([child]);
  expect(await ids({ agentId: "outreach" })).toEqual([child]);
  expect(await ids({ states: [RUNNING, FAILED] })).toEqual([other]);
  const { nextPageToken: pageToken } = await objectives.query({ pageSize: 2 });
  expect(await ids({ pageToken })).toEqual([parentId]);
  expect((await client(ObjectiveService, { tenant: "other" }).query({})).objectives).toEqual([]);
  await objectives.cancel({ objectiveId: parentId });
  expect(await failure(add({ parentId }))).toMatchObject({ reason: "PARENT_ENDED" });
  expect(await failure(add({ parentId: "nobody" }))).toMatchObject({
    code: Code.NotFound,
    reason: "OBJECTIVE_NOT_FOUND",
  });
});
