import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Attempt } from "./attempt.js";
import { printable, truncate } from "../errors/bounded_text.js";
import type { CallPlan } from "./call_plan.js";
import { tell } from "../runtime/callbacks.js";
import type { AmeideError } from "../errors/errors.js";
import { explainStop } from "./explain_stop.js";
import type { Followed } from "./failed_attempts.js";
import { hintDelay } from "../policy/server_hints.js";
import { redactHeaders } from "../telemetry/log.js";
import type { Failure } from "../policy/failure.js";
import type { CallEvent, EventBase, Waiting } from "../telemetry/observer.js";
import { decide, gate, type RetryClass, type Situation, type StopReason } from "../policy/retry.js";
import type { ClientContext } from "./client_context.js";

// Event without the fields that all events share.
type Bare<E> = E extends CallEvent ? Omit<E, keyof EventBase> : never;

/** Receiver of the events of {@link CallEvents}. */
export type EventSink = Pick<CallEvents, keyof CallEvents>;

/** Ignores all events. */
export const SILENCE: EventSink = {
  started: () => {},
  failed: () => {},
  waiting: () => {},
  done: () => {},
  wouldRefuse: () => {},
  wouldRetry: () => {},
};

/**
 * Tells the observer, the log and the spans of one call what happens in it; the only source of all
 * three.
 */
export class CallEvents {
  /** Events that not every listener has been told of yet. */
  private readonly untold: CallEvent[] = [];

  constructor(
    private readonly plan: CallPlan,
    private readonly client: ClientContext,
  ) {}

  started(attempt: Attempt, timeoutMs: number | undefined, headers: Headers): void {
    this.emit({
      type: "attempt_started",
      attempt: attempt.number,
      timeoutMs,
      idempotencyKey: this.plan.idempotencyKey,
      headers: redactHeaders(headers, this.client.constants),
    });
  }

  failed(
    attempt: Attempt,
    failure: Failure,
    retryClass: RetryClass,
    message: string,
    followed: Followed,
  ): void {
    const delayMs = "delayMs" in followed ? followed.delayMs : undefined;
    const stopReason = "stopReason" in followed ? followed.stopReason : undefined;
    this.emit({
      type: "attempt_failed",
      attempt: attempt.number,
      code: failure.code,
      class: retryClass,
      origin: failure.origin,
      sent: failure.sent,
      message: printable(truncate(message, this.client.constants.maxMessageBytes)),
      httpStatus: failure.httpStatus,
      retryAfterMs: hintDelay(failure.hint),
      durationMs: this.client.clock.now() - attempt.startedMs,
      delayMs,
      stopReason,
      explanation: explainStop(stopReason, this.plan, failure, attempt.number),
    });
  }

  waiting(delayMs: number, retryClass: RetryClass, kind: Waiting["kind"]): void {
    const budgetTokens = this.client.budget.tokens;
    this.emit({ type: "waiting", delayMs, class: retryClass, kind, budgetTokens });
  }

  done(
    error: AmeideError | undefined,
    stopReason: StopReason | undefined,
    attempts: number,
    retryDelayMs: number,
    last: Attempt | undefined,
  ): void {
    const durationMs = this.client.clock.now() - this.plan.startMs;
    this.wouldExpire(durationMs, last);
    const { remoteAddress, remotePort } = last?.recording.socket ?? {};
    if (remoteAddress !== undefined && remotePort !== undefined) {
      for (const sink of this.plan.sinks) {
        tell(() => sink.peer?.(remoteAddress, remotePort));
      }
    }
    const budgetTokens = this.client.budget.tokens;
    this.emit({
      type: "done",
      code: error && codeToString(error.code),
      message: error && printable(error.rawMessage),
      stopReason,
      attempts,
      durationMs,
      retryDelayMs,
      budgetTokens,
    });
  }

  /** Tells, in observe mode, that policy would have refused the call. */
  wouldRefuse(explanation: string): void {
    this.emit({ type: "would_have", what: "refused", explanation });
  }

  /** Tells, in observe mode, whether policy would have sent another attempt. */
  wouldRetry(situation: Situation, replay: boolean | undefined): void {
    const { observed } = this.plan;
    if (observed === undefined) {
      return;
    }
    if (replay === true) {
      const explanation = "would have been tried again with a new token";
      this.emit({ type: "would_have", what: "retried", explanation });
      return;
    }
    const remainingMs = (observed.timeoutMs ?? Infinity) - this.elapsed();
    const keySent = situation.keySent || this.plan.keyWithheld;
    const decision = decide(
      { ...situation, policy: observed, remainingMs, keySent },
      this.client.random.backoff,
    );
    if (decision.retry) {
      const explanation = `would have been tried again after ${decision.delayMs} ms (${situation.retryClass})`;
      this.emit({ type: "would_have", what: "retried", explanation });
    }
  }

  private wouldExpire(durationMs: number, last: Attempt | undefined): void {
    const { observed, keySent, keyWithheld } = this.plan;
    if (observed === undefined) {
      return;
    }
    const expired = (explanation: string) =>
      this.emit({ type: "would_have", what: "expired", explanation });
    if (observed.timeoutMs !== null && durationMs > observed.timeoutMs) {
      expired(`would have ended at its deadline of ${observed.timeoutMs} ms`);
    }
    const attemptMs = last === undefined ? 0 : this.client.clock.now() - last.startedMs;
    const { methodKind } = this.plan;
    const anotherMayFollow =
      methodKind === "unary" &&
      observed.retry &&
      observed.maxAttempts > 1 &&
      gate("AMBIGUOUS", observed, keySent || keyWithheld);
    if (
      anotherMayFollow &&
      observed.attemptTimeoutMs !== null &&
      attemptMs > observed.attemptTimeoutMs
    ) {
      expired(`the attempt would have been cut after ${observed.attemptTimeoutMs} ms`);
    }
  }

  private elapsed(): number {
    return this.client.clock.now() - this.plan.startMs;
  }

  private emit(event: Bare<CallEvent>): void {
    const { method, requestId } = this.plan;
    const { untold } = this;
    untold.push({ method, requestId, atMs: this.elapsed(), ...event });
    // A listener may end the call: all are told of one event before the next.
    if (untold.length > 1) {
      return;
    }
    while (untold.length > 0) {
      const [whole] = untold as [CallEvent, ...CallEvent[]];
      for (const sink of this.plan.sinks) {
        tell(() => sink.event(whole));
      }
      untold.shift();
    }
  }
}
