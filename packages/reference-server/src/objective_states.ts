import { Code } from "@connectrpc/connect";
import { ObjectiveState } from "@ameideio/core-proto/ameide/objectives/v1";
import { Problem } from "./errors.js";

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

// What the proto of ObjectiveState says.
const NEXT: ReadonlyMap<ObjectiveState, readonly ObjectiveState[]> = new Map([
  [PENDING, [PLANNING, RUNNING, FAILED, CANCELLED]],
  [PLANNING, [AWAITING_APPROVAL, RUNNING, BLOCKED, FAILED, CANCELLED]],
  [AWAITING_APPROVAL, [PLANNING, RUNNING, FAILED, CANCELLED]],
  [RUNNING, [PLANNING, AWAITING_APPROVAL, SLEEPING, BLOCKED, SUCCEEDED, FAILED, CANCELLED]],
  [SLEEPING, [FAILED, CANCELLED]],
  [BLOCKED, [PLANNING, RUNNING, FAILED, CANCELLED]],
]);

/** Reports whether a state is left by nothing. */
export function isFinal(state: ObjectiveState): boolean {
  return !NEXT.has(state);
}

/**
 * Demands that a state may follow another.
 *
 * @throws Problem `failed_precondition`
 */
export function demandNext(from: ObjectiveState, to: ObjectiveState): void {
  if (!NEXT.get(from)?.includes(to)) {
    throw new Problem(
      Code.FailedPrecondition,
      "TRANSITION_NOT_ALLOWED",
      `an objective that is ${nameOf(from)} does not become ${nameOf(to)}`,
      {
        metadata: {
          from: ObjectiveState[from],
          to: ObjectiveState[to],
          allowed: (NEXT.get(from) ?? []).map((state) => ObjectiveState[state]).join(" "),
        },
      },
    );
  }
}

function nameOf(state: ObjectiveState): string {
  return ObjectiveState[state].toLowerCase().replaceAll("_", " ");
}
