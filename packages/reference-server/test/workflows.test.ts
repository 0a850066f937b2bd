import { Code } from "@connectrpc/connect";
import { RunState, WorkflowsService } from "@ameideio/core-proto/ameide/workflows/v1";
import { expect, test } from "vitest";
import { collect, events, failure, start } from "./harness/harness.js";

const { RUNNING, SUCCEEDED, FAILED, CANCELLED } = RunState;
const step = (id: string, ...dependsOn: string[]) => ({ id, kind: "agent", dependsOn });

/** A server with a definition that sorts, then answers, and files meanwhile. */
async function startWorkflows(rules: object[] = []) {
  let now = 0;
  const { server, client } = await start({ now: () => (now += 1_000) });
  const workflows = client(WorkflowsService);
  const { definition } = await workflows.createDefinition({ name: "intake", rules });
  const definitionId = definition?.id ?? "";
  const steps = [step("answer", "sort"), step("sort"), step("file")];
  await workflows.createVersion({ definitionId, steps });
  const run = async (input = {}) =>
    (await workflows.startRun({ definitionId, input })).run?.id ?? "";
  const report = async (runId: string, stepId: string, state: RunState, more: object = {}) =>
    (await workflows.reportStatus({ runId, stepId, state, ...more })).run;
  return { server, client, workflows, definitionId, run, report };
}

test("a run is running from its first step on, and has succeeded with its last", async () => {
  const { workflows, run, report } = await startWorkflows();
  const runId = await run({ request: "help" });
  const { run: begun } = await workflows.getRun({ runId });
  expect(begun).toMatchObject({ version: 1, state: 1, revision: 1n, input: { request: "help" } });
  expect((await report(runId, "sort", RUNNING))?.state).toBe(RUNNING);
  expect(await failure(report(runId, "answer", RUNNING))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: "STEP_TOO_EARLY",
  });
  const sorted = await report(runId, "sort", SUCCEEDED, { output: { urgent: true } });
  expect(sorted).toMatchObject({ state: RUNNING, revision: 3n });
  expect(await report(runId, "sort", SUCCEEDED)).toEqual(sorted);
  await report(runId, "answer", SUCCEEDED);
  const ended = await report(runId, "file", SUCCEEDED);
  expect(ended).toMatchObject({ state: SUCCEEDED, revision: 5n });
  expect(ended?.endedAt).toBeDefined();
  expect(ended?.steps.find(({ stepId }) => stepId === "sort")?.output).toEqual({ urgent: true });
  expect(await failure(report(runId, "file", FAILED))).toMatchObject({ reason: "RUN_ENDED" });
  expect(await failure(report(runId, "none", FAILED))).toMatchObject({ reason: "STEP_NOT_FOUND" });
});

test("a run fails with its first step that fails, and no step goes back", async () => {
  const { run, report } = await startWorkflows();
  const runId = await run();
  await report(runId, "sort", SUCCEEDED);
  expect(await failure(report(runId, "sort", RUNNING))).toMatchObject({ reason: "STEP_ENDED" });
  const failed = await report(runId, "file", FAILED, { message: "disk full" });
  expect(failed).toMatchObject({ state: FAILED });
});

test("cancelling ends what has not ended, once", async () => {
  const { workflows, run, report } = await startWorkflows();
  const runId = await run();
  await report(runId, "sort", SUCCEEDED);
  const first = await workflows.cancelRun({ runId, reason: "no longer needed" });
  expect(first.run).toMatchObject({ state: CANCELLED, cancelReason: "no longer needed" });
  expect(first.run?.steps.map(({ state }) => state)).toEqual([CANCELLED, SUCCEEDED, CANCELLED]);
  expect(await workflows.cancelRun({ runId })).toEqual(first);
  const failed = await run();
  await report(failed, "sort", FAILED);
  expect(await failure(workflows.cancelRun({ runId: failed }))).toMatchObject({
    reason: "RUN_ENDED",
  });
  const cancelledRuns = await workflows.listRuns({ state: CANCELLED });
  expect(cancelledRuns.runs.map(({ id }) => id)).toEqual([runId]);
});

test.each([
  ["STEP_NOT_UNIQUE", [step("a"), step("a")]],
  ["STEP_UNKNOWN", [step("a", "b")]],
  ["STEPS_IN_CIRCLE", [step("a", "b"), step("b", "c"), step("c", "a"), step("d")]],
])("steps are refused: %s", async (reason, steps) => {
  const { workflows, definitionId } = await startWorkflows();
  expect(await failure(workflows.createVersion({ definitionId, steps }))).toMatchObject({
    reason,
    fields: ["steps"],
  });
  const { versions } = await workflows.listVersions({ definitionId });
  expect(versions.map(({ version }) => version)).toEqual([1]);
});

test("a run starts only where every rule of the definition holds", async () => {
  const { workflows, definitionId, run } = await startWorkflows([
    { name: "one at a time", condition: { case: "maxActiveRuns", value: 1 } },
    { name: "has a request", condition: { case: "requiredInput", value: "request" } },
  ]);
  const broken = async (input: object) => (await failure(run(input))).metadata?.["rule"];
  expect(await broken({ toString: 1 })).toBe("has a request");
  const runId = await run({ request: "a" });
  expect(await broken({ request: "b" })).toBe("one at a time");
  await workflows.cancelRun({ runId });
  await run({ request: "b" });
  const none = { definition: { id: definitionId }, updateMask: { paths: ["rules"] } };
  expect((await workflows.updateDefinition(none)).definition?.rules).toEqual([]);
  await run();
  expect((await workflows.listRuns({ definitionId })).runs).toHaveLength(3);
  expect((await workflows.listDefinitions({})).definitions).toMatchObject([{ name: "intake" }]);
});

test("a watcher sees a run as it is, each change, and its end", async () => {
  const { server, client, workflows, run, report } = await startWorkflows();
  const runId = await run();
  const watching = events(workflows.watchRun({ runId }));
  expect((await watching.next()).run).toMatchObject({ revision: 1n });
  await report(runId, "sort", RUNNING);
  expect((await watching.next()).run).toMatchObject({ revision: 2n, state: RUNNING });
  await workflows.cancelRun({ runId });
  expect((await collect(watching)).map((each) => each.run?.state)).toEqual([CANCELLED]);
  expect(await collect(workflows.watchRun({ runId, afterRevision: 3n }))).toEqual([]);
  expect(server.openStreams()).toEqual({});
  const others = client(WorkflowsService, { tenant: "other" });
  expect(await failure(collect(others.watchRun({ runId })))).toMatchObject({
    reason: "RUN_NOT_FOUND",
  });
});

test("a version that does not exist cannot run", async () => {
  const { workflows, definitionId } = await startWorkflows();
  expect(await failure(workflows.startRun({ definitionId, version: 2 }))).toMatchObject({
    reason: "VERSION_NOT_FOUND",
  });
  const { definition } = await workflows.createDefinition({ name: "empty" });
  const empty = { definitionId: definition?.id ?? "" };
  expect(await failure(workflows.startRun(empty))).toMatchObject({ reason: "VERSION_NOT_FOUND" });
  expect((await workflows.getDefinition(empty)).definition?.latestVersion).toBe(0);
});
