import type { AbortCause } from "../policy/failure.js";
import { type Attempt, causeOfSignal } from "./attempt.js";
import type { CallPlan } from "./call_plan.js";
import type { Limit } from "../policy/deadline.js";
import type { AttemptFailure } from "../errors/errors.js";
import type { TimeLimit } from "../policy/policy_table.js";
import type { Recording } from "../wire/recorder.js";
import type { ClientContext } from "./client_context.js";
import type { TokenWait } from "../auth/token_wait.js";

/** What a call that is being answered waits for, beyond the head of the answer. */
export interface AnswerPart {
  readonly what: "the rest of the answer" | "a message of the stream" | "its reader";
  /** Since when, where not since the head came. */
  readonly sinceMs: number | undefined;
}

/** A call whose limit has been reached. */
export interface Limited {
  readonly client: Pick<ClientContext, "clock" | "inner">;
  readonly plan: CallPlan;
  /** The attempt that is under way, or was the last. */
  readonly attempt: Attempt | undefined;
  /** The last attempt that failed. */
  readonly failed: AttemptFailure | undefined;
  readonly tokenWait: TokenWait | undefined;
  readonly awaited: AnswerPart;
  /** What the last attempt failed with, where nothing of it was sent. */
  readonly unsent: string | undefined;
}

const CANCELED = "the call was canceled";
const SIGNAL = "the deadline expired (the caller's signal)";
const NOTHING_SENT = "before anything was sent";

/**
 * What the error of a call says that we ended. Of a limit that is which it was, how
 * long, who stated it, and where the time went. Every SDK says the same.
 *
 * @param reason - That of the caller's signal, if it is what ended the call.
 */
export function abortMessage(cause: AbortCause, reason: unknown, call: Limited): string {
  return cause === "canceled"
    ? CANCELED
    : `${whichLimit(cause, call.plan, reason)}: ${whereItStood(call)}${whyUnsent(cause, call)}`;
}

// That nothing could be sent before says more than what was waited for last.
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

/** The same of a call that the caller's signal ended before it began. */
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

/** What a call that is ended waits for. */
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

// What was waited for, and since when.
interface Phase {
  readonly what: string;
  readonly sinceMs: number;
}

// One after the other, as far as the recorder saw them; the last one goes on.
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
