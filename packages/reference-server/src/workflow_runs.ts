import { clone, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  RunSchema,
  RunState,
  type DefinitionVersion,
  type ReportStatusRequest,
  type Run,
  type Step,
  type StepStatus,
} from "@ameideio/core-proto/ameide/workflows/v1";
import { notFound, Problem } from "./errors.js";

const { PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED } = RunState;

/** Reports whether a run or a step is in a state that it does not leave. */
export function hasEnded(state: RunState): boolean {
  return state === SUCCEEDED || state === FAILED || state === CANCELLED;
}

/** Returns a run of a version that has not begun. */
export function newRun(
  { definitionId, version, steps }: DefinitionVersion,
  input: JsonObject | undefined,
): MessageInitShape<typeof RunSchema> {
  return {
    definitionId,
    version,
    state: PENDING,
    revision: 1n,
    steps: steps.map(({ id: stepId }) => ({ stepId, state: PENDING })),
    ...(input && { input }),
  };
}

/**
 * Returns a cancelled copy of a run.
 *
 * @throws Problem `failed_precondition` if it has ended.
 */
export function cancelled(run: Run, reason: string, now: Timestamp): Run {
  demandActive(run);
  const copy = clone(RunSchema, run);
  copy.state = CANCELLED;
  copy.cancelReason = reason;
  copy.endedAt = now;
  for (const step of copy.steps.filter(({ state }) => !hasEnded(state))) {
    step.state = CANCELLED;
  }
  return copy;
}

/**
 * Returns a copy of a run after a report, or undefined if that says nothing new.
 *
 * @throws Problem `not_found` for an unknown step, `failed_precondition` for a report that would go
 *   back, or come too early.
 */
export function reported(
  run: Run,
  steps: readonly Step[],
  report: ReportStatusRequest,
  now: Timestamp,
): Run | undefined {
  const { stepId, state, message, output } = report;
  const copy = clone(RunSchema, run);
  const status = copy.steps.find((each) => each.stepId === stepId);
  if (status === undefined) {
    throw notFound("step", stepId);
  }
  if (status.state === state && status.message === message) {
    return undefined;
  }
  demandActive(run);
  if (hasEnded(status.state) || state < status.state) {
    throw refused("STEP_ENDED", `step ${stepId} is ${nameOf(status.state)} already`);
  }
  const dependsOn = steps.find(({ id }) => id === stepId)?.dependsOn ?? [];
  const early = dependsOn.find((id) => stateOf(copy, id) !== SUCCEEDED);
  if (early !== undefined) {
    throw refused("STEP_TOO_EARLY", `step ${early}, which comes before, has not succeeded`);
  }
  Object.assign(status, { state, message, updatedAt: now } satisfies Partial<StepStatus>);
  if (output !== undefined) {
    status.output = output;
  }
  copy.state = stateAfter(copy);
  if (hasEnded(copy.state)) {
    copy.endedAt = now;
  }
  return copy;
}

function stateAfter({ steps }: Run): RunState {
  if (steps.some(({ state }) => state === FAILED)) {
    return FAILED;
  }
  return steps.every(({ state }) => state === SUCCEEDED) ? SUCCEEDED : RUNNING;
}

function stateOf({ steps }: Run, id: string): RunState | undefined {
  return steps.find(({ stepId }) => stepId === id)?.state;
}

function demandActive({ state }: Run): void {
  if (hasEnded(state)) {
    throw refused("RUN_ENDED", `the run is ${nameOf(state)} already`);
  }
}

function nameOf(state: RunState): string {
  return (RunState[state] ?? "").toLowerCase();
}

function refused(reason: string, message: string): Problem {
  return new Problem(Code.FailedPrecondition, reason, message);
}
