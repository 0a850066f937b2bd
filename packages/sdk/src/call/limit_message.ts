import type { AbortCause } from "../policy/failure.js";
import { type Attempt, causeOfSignal } from "./attempt.js";
import type { CallPlan } from "./call_plan.js";
import type { Limit } from "../policy/deadline.js";
import type { AttemptFailure } from "../errors/errors.js";
import type { TimeLimit } from "../policy/policy_table.js";
import type { Recording } from "../wire/recorder.js";
import type { ClientContext } from "./client_context.js";
import type { TokenWait } from "../auth/token_wait.js";

/** Part of an answer that a call waits for after the head. */
export interface AnswerPart {
  readonly what: "the rest of the answer" | "a message of the stream" | "its reader";
  /** Start of the wait, if later than the arrival of the head. */
  readonly sinceMs: number | undefined;
}

/** Call whose limit has been reached. */
export interface Limited {
  readonly client: Pick<ClientContext, "clock" | "inner">;
  readonly plan: CallPlan;
  /** Attempt under way, or the last one. */
  readonly attempt: Attempt | undefined;
  /** The last attempt that failed. */
  readonly failed: AttemptFailure | undefined;
  readonly tokenWait: TokenWait | undefined;
  readonly awaited: AnswerPart;
  /** Failure of the last attempt, if nothing of it was sent. */
  readonly unsent: string | undefined;
}

const CANCELED = "the call was canceled";
const SIGNAL = "the deadline expired (the caller's signal)";
const NOTHING_SENT = "before anything was sent";

/**
 * Writes the message of a call that the SDK ended. For a limit it says which limit, its length, who
 * stated it, and where the time went. Every SDK writes the same.
 *
 * @param reason - Reason of the caller's signal, if that ended the call.
 */
export function abortMessage(cause: AbortCause, reason: unknown, call: Limited): string {
  return cause === "canceled"
    ? CANCELED
    : `${whichLimit(cause, call.plan, reason)}: ${whereItStood(call)}${whyUnsent(cause, call)}`;
}

// A last attempt that could not be sent tells more than the wait that followed.
function whyUnsent(cause: AbortCause, { attempt, unsent }: Limited): string {
  if (cause !== "deadline" || unsent === undefined || attempt === undefined) {
    return "";
  }
  const { number, over, recording } = attempt;
  const failed = over ? number : number - 1;
  return over || !reached(recording.progress)
    ? `; attempt ${failed} could not be sent: ${unsent}`
    : "";
}

function reached(progress: Recording["progress"]): boolean {
  return progress === "sent" || progress === "answered";
}

/** Writes the same for a call whose signal had fired before it began. */
export function signalMessage(cause: "deadline" | "canceled"): string {
  return cause === "canceled" ? CANCELED : `${SIGNAL}: ${NOTHING_SENT}`;
}

function whichLimit(limit: Limit, plan: CallPlan, reason: unknown): string {
  const stated = (name: TimeLimit) =>
    `${Math.floor(plan.policy[name] ?? 0)} ms (${plan.sourceOf(name)})`;
  switch (limit) {
    case "deadline":
      return causeOfSignal(reason) === "deadline"
        ? SIGNAL
        : `the deadline of ${Math.max(0, plan.timeoutMs)} ms expired (${plan.deadlineSource()})`;
    case "attempt_timeout":
      return `the attempt timed out after ${stated("attemptTimeoutMs")}`;
    case "first_message_timeout":
      return `no first message came in ${stated("firstMessageTimeoutMs")}`;
    case "idle_timeout":
      return `no further message came in ${stated("idleTimeoutMs")}`;
  }
}

/** Says what an ended call was waiting for. */
export function whereItStood(call: Limited): string {
  const { attempt, failed, client, tokenWait } = call;
  const nowMs = client.clock.now();
  if (tokenWait !== undefined) {
    return `the call had waited ${since(tokenWait.startedMs, nowMs)} ms for a token`;
  }
  if (attempt === undefined) {
    return NOTHING_SENT;
  }
  const { number, startedMs } = attempt;
  if (attempt.over) {
    const waitedMs = since(startedMs + (failed?.durationMs ?? 0), nowMs);
    return `the call had waited ${waitedMs} ms between attempts ${number} and ${number + 1}`;
  }
  const phases = phasesOf(call, attempt);
  const last = phases.pop() as Phase;
  const before = phases.flatMap(({ what, sinceMs }, i) => {
    const ms = since(sinceMs, (phases[i + 1] ?? last).sinceMs);
    return ms === 0 ? [] : [`${ms} ${what}`];
  });
  const told = before.length === 0 ? "" : `, after ${before.join(", ")}`;
  return `attempt ${number} had waited ${since(last.sinceMs, nowMs)} ${last.what}${told}`;
}

// Phase of a wait, and its start.
interface Phase {
  readonly what: string;
  readonly sinceMs: number;
}

// Returns the phases in order, as far as the recorder saw them; the last one goes on.
function phasesOf({ client, plan, awaited }: Limited, attempt: Attempt): Phase[] {
  const { number, startedMs, recording } = attempt;
  const enteredMs = attempt.enteredMs ?? startedMs;
  const { askedMs, headMs, progress, queued } = recording;
  const { sinceMs } = awaited;
  const rest = `ms for ${awaited.what}`;
  if (sinceMs !== undefined) {
    return [{ what: rest, sinceMs }];
  }
  const phases: Phase[] = [];
  if (number === 1) {
    phases.push({ what: "ms for a token", sinceMs: plan.startMs });
  }
  if (!client.inner.instrumented) {
    phases.push({ what: "ms for an answer", sinceMs: startedMs });
    return phases;
  }
  phases.push({ what: "ms to be sent", sinceMs: startedMs });
  if (progress !== "unsent" && (progress === "connecting" || askedMs !== undefined)) {
    const what = queued ? `ms for ${queued} to be free (nothing was sent)` : "ms for a connection";
    phases.push({ what, sinceMs: enteredMs });
  }
  if (reached(progress)) {
    phases.push({ what: "ms for response headers", sinceMs: askedMs ?? enteredMs });
  }
  if (progress === "answered") {
    phases.push({ what: rest, sinceMs: headMs });
  }
  return phases;
}

function since(fromMs: number, toMs: number): number {
  return Math.max(0, Math.floor(toMs - fromMs));
}
