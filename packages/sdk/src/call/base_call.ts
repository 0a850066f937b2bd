import type { ConnectError, ContextValues } from "@connectrpc/connect";
import {
  abortReason,
  type Attempt,
  createAttempt,
  abortError,
  causeOfSignal,
  failureOf,
  customFailureOf,
  isServersTimeout,
  toldOf,
} from "./attempt.js";
import { redact, summary } from "../errors/bounded_text.js";
import { debit, refund } from "../policy/budget.js";
import { attemptInfo, CallValues } from "./call_options.js";
import { errorOfAttempt, errorOfAbort } from "./call_error.js";
import { CallEvents, type EventSink, SILENCE } from "./call_events.js";
import type { CallPlan } from "./call_plan.js";
import { CallTimer } from "./call_timer.js";
import type { Credential } from "../auth/credential.js";
import { type AttemptLimit, sendsAtMs, wireTimeout } from "../policy/deadline.js";
import { AmeideError, type AttemptFailure } from "../errors/errors.js";
import { type Failed, type Followed, withAttempt } from "./failed_attempts.js";
import type { AddressLimit } from "../wire/get_request.js";
import type { Closed, LiveCall } from "./lifetime.js";
import { type AnswerPart, abortMessage, type Limited, whereItStood } from "./limit_message.js";
import type { AbortCause, Failure } from "../policy/failure.js";
import type { PolicyValues } from "../policy/policy.js";
import { type FrozenRequest, postInstead } from "../wire/frozen_request.js";
import { type AnyRequest, Recording, type Send } from "../wire/recorder.js";
import {
  classify,
  decide,
  type Decision,
  type InputState,
  isGetTooLong,
  NO_ATTEMPTS,
  type RetryClass,
  type RetryState,
  type StopReason,
  waitsOut,
  withNextAttempt,
} from "../policy/retry.js";
import type { ClientContext } from "./client_context.js";
import { listen, unlisten } from "../runtime/signals.js";
import type { InterceptedCall } from "./attempt_interceptor.js";
import { type Renewal, renewal } from "./renewal.js";
import { TokenWait } from "../auth/token_wait.js";

const NONE: readonly never[] = [];

/**
 * Shared part of unary calls and streams: the attempts, the waits between them, and every way to
 * end. It uses callbacks instead of async functions, so that a call that succeeds at once costs
 * little more than its attempt. The story of a call:
 *
 * 1. `transport/transport.ts` `derive`: refuses an impossible call, makes a plan, runs the call.
 * 2. `call/call_plan.ts` `CallPlan`: policy, deadline, tenant and headers of the call.
 * 3. `call/base_call.ts` `start`: joins its client's calls, listens to the caller's signal.
 * 4. `call/base_call.ts` `authenticate`: asks for a credential; may wait for a token.
 * 5. `call/base_call.ts` `send`: begins an attempt; `open` gives it to the wire and interceptors.
 * 6. `call/base_call.ts` `intercept`: below them, writes the last headers and sets the timer.
 * 7. `call/unary_call.ts` `handOn`: gives the request to the protocol, which asks for a send.
 * 8. `wire/recorder.ts` `run`: sends it; the protocol records what becomes of it.
 * 9. `call/unary_call.ts` `onResponse`: an answer ends the call: `succeed`. Streams: `onMessage`.
 * 10. `call/base_call.ts` `onAttemptFailed`: `decide`: a wait and back to 4, or `endWithError`.
 */
export abstract class BaseCall implements InterceptedCall, LiveCall {
  protected readonly values: CallValues;
  protected readonly events: EventSink;
  protected readonly timer: CallTimer;
  protected state: RetryState = NO_ATTEMPTS;
  protected attempt: Attempt | undefined;
  /** True once the call has ended. */
  protected over = false;
  /** True once a message of the answer has reached the application. Streams only. */
  protected committed = false;
  /** Request of the first attempt, for those that follow. */
  frozen: FrozenRequest | undefined;
  readonly addresses: AddressLimit;
  lostMs: number | undefined;
  private attempts: readonly AttemptFailure[] = NONE;
  private sent = 0;
  private tokenWait: TokenWait | undefined;
  private replayed = false;
  private lastCost: number | undefined;
  private lastError: ConnectError | undefined;
  private waitedMs = 0;
  /** Failure of the last attempt, if nothing of it was sent. */
  private unsent: string | undefined;

  constructor(
    protected readonly client: ClientContext,
    protected readonly plan: CallPlan,
    private readonly signal: AbortSignal | undefined,
    contextValues: ContextValues | undefined,
  ) {
    this.addresses = client.addresses;
    this.values = new CallValues(contextValues, this);
    this.events = plan.sinks.length === 0 ? SILENCE : new CallEvents(plan, client);
    this.timer = new CallTimer(client.clock, this);
  }

  /** Starts an attempt on the inner transport. */
  protected abstract open(attempt: Attempt, headers: Headers | undefined): void;
  /** Gives an attempt that has reached the attempt interceptor to the protocol. */
  protected abstract handOn(attempt: Attempt, next: Send, request: AnyRequest): ReturnType<Send>;
  /** Returns the time limit of an attempt, as a whole or until its first message. */
  protected abstract limit(nowMs: number): AttemptLimit;
  /** Returns what an attempt waits for once the head of its answer has arrived. */
  protected abstract awaited(): AnswerPart;
  /** Returns the state of the input. */
  protected abstract inputState(): InputState;
  /** Tells the caller how the call failed. */
  protected abstract notifyCaller(error: AmeideError): void;

  /** Ends the call when the caller's signal fires. A listener object needs no closure. */
  handleEvent(): void {
    const reason: unknown = this.signal?.reason;
    this.abort(causeOfSignal(reason), reason);
  }

  /** Begins the call. Call it once. */
  protected start(): void {
    this.client.lifetime.add(this);
    for (const refusal of this.plan.refusals) {
      this.events.wouldRefuse(refusal);
    }
    if (this.signal?.aborted === true) {
      this.handleEvent();
      return;
    }
    if (this.plan.timeoutMs < this.client.constants.minWireTimeoutMs) {
      this.abort("deadline");
      return;
    }
    listen(this.signal, this);
    this.authenticate();
  }

  /** Takes over the attempt below the users' interceptors, and hands it on. */
  intercept(next: Send, request: AnyRequest): ReturnType<Send> {
    const attempt = this.attempt as Attempt;
    return this.enter(attempt, request.header)
      ? this.handOn(attempt, next, request)
      : Promise.reject(attempt.abortError ?? abortReason());
  }

  // Writes the last headers and sets the timer. Returns false if the attempt is over already.
  private enter(attempt: Attempt, header: Headers): boolean {
    if (attempt.over) {
      return false;
    }
    const nowMs = attempt.atOnce ? attempt.startedMs : this.client.clock.now();
    attempt.enteredMs = nowMs;
    const limit = this.limit(nowMs);
    const timeoutMs = wireTimeout(this.client.constants, limit, this.remaining(nowMs));
    if (timeoutMs === "expired") {
      this.abort("deadline");
      return false;
    }
    attempt.dueMs = limit.onWire ? nowMs + limit.limitMs : nowMs + this.remaining(nowMs);
    attempt.dueCause = limit.onWire ? limit.cause : "deadline";
    this.plan.headers.writeLast(header, timeoutMs);
    this.events.started(attempt, timeoutMs, header);
    if (!this.goesOn(attempt)) {
      return false;
    }
    // If nothing delays the attempt, its promise brings the end into the call's async context.
    this.timer.limit(limit.limitMs, limit.cause, nowMs, attempt.atOnce);
    return true;
  }

  // Reports whether the attempt goes on: a listener told of its start may have ended or delayed it.
  private goesOn(attempt: Attempt): boolean {
    if (this.events !== SILENCE || this.client.hasInterceptors) {
      if (this.remaining() < this.client.constants.minWireTimeoutMs) {
        this.abort("deadline");
      } else if (!attempt.over && this.isClosed()) {
        attempt.over = true;
      }
    }
    return !attempt.over;
  }

  /** Begins an attempt on a custom transport: no attempt interceptor, no recorder. */
  beginCustom(attempt: Attempt, headers: Headers): number | undefined {
    const nowMs = this.client.clock.now();
    const limit = this.limit(nowMs);
    const told = wireTimeout(this.client.constants, limit, this.remaining(nowMs));
    const wireMs = told === "expired" ? undefined : told;
    this.plan.headers.writeLast(headers, undefined);
    this.events.started(attempt, wireMs, headers);
    if (!this.goesOn(attempt)) {
      throw abortReason();
    }
    this.timer.limit(limit.limitMs, limit.cause);
    return wireMs;
  }

  // Computed from the time that has passed, not from the deadline: rounding the clock's fractions
  // would cost a call with all of its time left a millisecond.
  protected remaining(nowMs: number = this.client.clock.now()): number {
    return this.plan.timeoutMs - (nowMs - this.plan.startMs);
  }

  private authenticate(renew?: Renewal): void {
    if (this.over || this.isClosed()) {
      return;
    }
    const source = this.plan.credentials;
    let result: Credential | TokenWait | undefined;
    try {
      result = renew === undefined ? source?.get(this.plan) : renew();
    } catch (reason) {
      this.endWithError(AmeideError.from(reason));
      return;
    }
    // The provider may have ended the call.
    if (this.over) {
      if (result instanceof TokenWait) {
        result.leave();
      }
      return;
    }
    if (!(result instanceof TokenWait)) {
      const isFirst = this.sent === 0 && { askedProvider: source !== undefined };
      this.send(result, sendsAtMs(this.client.clock, this.plan.startMs, isFirst));
      return;
    }
    this.timer.limit(this.remaining(), "deadline");
    this.tokenWait = result;
    const round = this.sent;
    const live = () => !this.over && this.sent === round;
    result.wait().then(
      (credential) => live() && this.send(credential, this.client.clock.now()),
      (reason: unknown) => live() && this.endWithError(AmeideError.from(reason)),
    );
  }

  private send(credential: Credential | undefined, startedMs: number): void {
    this.timer.clear();
    this.leaveTokenWait();
    this.plan.headers.use(credential);
    const remainingMs = this.remaining(startedMs);
    if (remainingMs < this.client.constants.minWireTimeoutMs) {
      this.abort("deadline");
    }
    if (!this.over) {
      this.plan.headers.prepare(this.state.attempts, startedMs);
    }
    // The provider of credentials or the tracer may have ended the call.
    if (this.over || this.isClosed()) {
      return;
    }
    const atOnce = !this.client.hasInterceptors;
    const recording = new Recording(this, this.plan.shape, this.client.clock);
    const attempt = createAttempt(++this.sent, startedMs, { atOnce, recording });
    this.attempt = attempt;
    this.state = withNextAttempt(this.state);
    const early = this.plan.headers.early();
    if (early !== undefined) {
      this.values.setOwn(attemptInfo, { attempt: attempt.number, remainingMs });
    }
    if (!attempt.atOnce) {
      // Users' interceptors may hang; the attempt interceptor replaces this timer when reached.
      this.timer.limit(remainingMs, "deadline");
    }
    this.open(attempt, early);
  }

  private isClosed(): boolean {
    const error = this.client.lifetime.closed();
    if (error !== undefined) {
      this.endWithError(error);
    }
    return error !== undefined;
  }

  /** Ends the current attempt, or the current wait for a token or before a retry. */
  abort(cause: AbortCause, reason?: unknown): void {
    if (this.over) {
      return;
    }
    const { attempt, lastError } = this;
    const error = abortError(
      cause,
      abortMessage(cause, reason, this.whatWasSeen()),
      reason ?? lastError,
    );
    if (attempt !== undefined && !attempt.over) {
      attempt.abortCause = cause;
      attempt.recording.endedBy(cause);
      this.endAttempt(attempt, error);
      return;
    }
    this.timer.clear();
    this.endWithError(errorOfAbort(cause, error, this.plan, this.facts()));
  }

  /** Ends the call because the client is closed, whatever it waits for. */
  close(closed: Closed): void {
    this.abandon(closed(whereItStood(this.whatWasSeen())));
  }

  private whatWasSeen(): Limited {
    const { attempt, attempts, plan, client, tokenWait, unsent } = this;
    const awaited = this.awaited();
    return { client, plan, attempt, failed: attempts.at(-1), tokenWait, awaited, unsent };
  }

  /** Ends the inner request of an attempt, which then fails. Interceptors see the same error. */
  protected endAttempt(attempt: Attempt, error: ConnectError): void {
    attempt.abortError = error;
    attempt.abort?.(error);
    this.onAttemptFailed(attempt, error);
  }

  /** Reports whether an answer is for the tenant that was sent. If not, the call has failed. */
  protected isForUs(header: Headers): boolean {
    const mismatch = this.plan.tenantMismatch(header, this.events);
    if (mismatch !== undefined) {
      const reason = "TENANT_MISMATCH";
      this.abandon(new AmeideError(mismatch, { ...this.facts(), origin: "client", reason }));
    }
    return mismatch === undefined;
  }

  // Ends the call with an error of its own, whatever it is doing.
  private abandon(error: AmeideError): void {
    const { attempt } = this;
    const abort = attempt?.over === false ? attempt.abort : undefined;
    if (attempt !== undefined) {
      attempt.over = true;
    }
    this.endWithError(error);
    abort?.(abortReason(error));
  }

  /** Ends the call with success. */
  protected succeed(attempt: Attempt): void {
    attempt.over = true;
    refund(this.client.budget, this.lastCost, this.client.constants.successRefund);
    this.finish(undefined, undefined);
  }

  /** Follows a failed attempt by another, or fails the call. */
  protected onAttemptFailed(attempt: Attempt, reported: ConnectError): void {
    if (attempt.over) {
      return;
    }
    const { clock, constants } = this.client;
    if (attempt.abortCause === undefined && isServersTimeout(attempt, clock.now(), constants)) {
      this.abort(attempt.dueCause, reported);
      return;
    }
    attempt.over = true;
    this.timer.clear();
    const url = this.frozen?.url ?? this.plan.url;
    const error = toldOf(attempt, reported, this.plan, url);
    this.lastError = error;
    try {
      this.follow(attempt, reported, error);
    } catch (reason) {
      this.endWithError(AmeideError.from(reason));
    }
  }

  // Decides what follows a failed attempt. A listener that is told of it may end the call.
  private follow(attempt: Attempt, reported: ConnectError, error: ConnectError): void {
    const { clock, budget, constants } = this.client;
    const read = this.client.inner.instrumented ? failureOf : customFailureOf;
    const failure = read(attempt, reported, clock.wallNow(), constants);
    const retryClass = classify(failure, this.plan.policy.retryableCodes);
    const failed = { attempt, failure, retryClass, error };
    const renewed = this.renew(failure, this.plan.policy);
    if (renewed !== undefined) {
      this.replayed = true;
      this.replay(failed, false, renewed);
      return;
    }
    if (isGetTooLong(failure, this.frozen?.method) && postInstead(this) && this.plan.policy.retry) {
      this.state = { ...this.state, attempts: this.state.attempts - 1 };
      this.replay(failed, true);
      return;
    }
    const situation = {
      constants,
      policy: this.plan.policy,
      budget,
      failure,
      retryClass,
      state: this.state,
      keySent: this.plan.keySent,
      input: this.inputState(),
      committed: this.committed,
      remainingMs: this.remaining(),
    };
    const decision = decide(situation, this.client.random.backoff);
    const { observed } = this.plan;
    this.events.wouldRetry(situation, observed && this.renew(failure, observed) !== undefined);
    this.note(failed, decision);
    this.unsent = retryClass === "NOT_SENT" ? error.rawMessage : undefined;
    if (this.over) {
      return;
    }
    if (decision.retry) {
      this.retry(decision, retryClass);
    } else if (waitsOut(decision, situation)) {
      this.timer.limit(this.remaining(), "deadline");
    } else {
      const { stopReason } = decision;
      const facts = { ...this.facts(), retryable: retryClass !== "NEVER" };
      const last = { error, failure, recording: attempt.recording };
      this.endWithError(errorOfAttempt(last, stopReason, this.plan, facts), stopReason);
    }
  }

  private leaveTokenWait(): void {
    this.tokenWait?.leave();
    this.tokenWait = undefined;
  }

  private renew(failure: Failure, policy: PolicyValues): Renewal | undefined {
    const { plan, state, replayed, committed } = this;
    const { credential } = plan.headers;
    const input = this.inputState();
    return renewal(plan, credential, { failure, policy, state, replayed, input, committed });
  }

  private replay(failed: Failed, transparent: boolean, renewed?: Renewal): void {
    this.note(failed, { delayMs: 0, transparent });
    this.events.waiting(0, failed.retryClass, "replay");
    this.authenticate(renewed);
  }

  private retry(decision: Decision & { retry: true }, retryClass: RetryClass): void {
    this.state = decision.next;
    if (decision.cost > 0) {
      this.lastCost = decision.cost;
      debit(this.client.budget, decision.cost);
    }
    this.waitedMs += decision.delayMs;
    const kind = decision.transparent ? "transparent" : "retry";
    this.events.waiting(decision.delayMs, retryClass, kind);
    if (this.over) {
      return;
    }
    if (decision.delayMs === 0) {
      this.authenticate();
    } else {
      this.timer.sleep(decision.delayMs, () => this.authenticate());
    }
  }

  private facts() {
    return {
      method: this.plan.method,
      requestId: this.plan.requestId,
      attempts: this.attempts,
      committed: this.committed,
      bounds: this.client.constants,
      secrets: this.plan.headers.secrets(),
    };
  }

  private endWithError(error: AmeideError, stopReason = error.stopReason): void {
    if (this.over) {
      return;
    }
    const known =
      error.method === undefined
        ? new AmeideError(error, Object.assign({}, error, this.facts()))
        : error;
    this.finish(known, stopReason);
    this.notifyCaller(known);
  }

  private finish(error: AmeideError | undefined, stopReason: StopReason | undefined): void {
    this.over = true;
    this.client.lifetime.delete(this);
    this.timer.clear();
    this.leaveTokenWait();
    unlisten(this.signal, this);
    this.events.done(error, stopReason, this.sent, this.waitedMs, this.attempt);
  }

  private note({ attempt, failure, retryClass, error }: Failed, followed: Followed): void {
    const durationMs = Math.floor(this.client.clock.now() - attempt.startedMs);
    const { code, sent } = failure;
    const message = redact(error.rawMessage, this.plan.headers.secrets());
    const short = summary(message, this.client.constants.maxPrintedTextBytes);
    const failed = { code, class: retryClass, sent, message: short, durationMs };
    this.attempts = withAttempt(this.attempts, failed, followed);
    this.events.failed(attempt, failure, retryClass, message, followed);
  }
}
