import {
  Code,
  ConnectError,
  type ContextKey,
  type ContextValues,
  createContextKey,
  type Interceptor,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import { type Attempt, type Cut, failureOf, foreignFailureOf } from "./attempt.js";
import type { Credential } from "./auth.js";
import { debit, refund } from "./budget.js";
import { attemptInfo, CallValues } from "./call.js";
import { CallEvents } from "./call_events.js";
import type { CallPlan } from "./call_plan.js";
import { attemptLimit, timerDelay, UNBOUNDED, wireTimeout } from "./deadline.js";
import { AmeideError, type AttemptFailure, isAmeideError } from "./errors.js";
import { explainStop } from "./explain.js";
import { hintDelay } from "./hints.js";
import type { Failure } from "./normalize.js";
import type { PolicyValues } from "./policy.js";
import { type FrozenRequest, Recording } from "./recorder.js";
import {
  classify,
  decide,
  type Decision,
  gate,
  mayReplayWithNewToken,
  NO_ATTEMPTS,
  type RetryClass,
  type RetryState,
  type StopReason,
} from "./retry.js";
import type { Timer, TimerKind } from "./runtime.js";
import type { Shared } from "./shared.js";

/**
 * One unary call: attempts, the waits between them, and what ends it. Made of
 * callbacks rather than async functions, so that a call that succeeds at once
 * costs one promise and no timer but its deadline.
 */
export class UnaryCall<I extends DescMessage, O extends DescMessage> {
  private readonly deadlineMs: number;
  private readonly frozen: { request?: FrozenRequest } = {};
  private readonly attempts: AttemptFailure[] = [];
  private readonly values: CallValues;
  private readonly events: CallEvents;
  private state: RetryState = NO_ATTEMPTS;
  private sent = 0;
  private attempt: Attempt | undefined;
  private credential: Credential | undefined;
  private replayed = false;
  private lastCost: number | undefined;
  private lastError: ConnectError | undefined;
  private waitedMs = 0;
  private timer: Timer;
  private over = false;
  private resolve!: (response: UnaryResponse<I, O>) => void;
  private reject!: (reason: AmeideError) => void;

  constructor(
    private readonly shared: Shared,
    private readonly plan: CallPlan,
    private readonly method: DescMethodUnary<I, O>,
    private readonly input: MessageInitShape<I>,
    private readonly signal: AbortSignal | undefined,
    contextValues: ContextValues | undefined,
  ) {
    this.deadlineMs = plan.startMs + plan.timeoutMs;
    this.values = new CallValues(contextValues).setOwn(tailKey, this as never);
    this.events = new CallEvents(plan, shared);
  }

  /** Runs the call. Call it once. */
  run(): Promise<UnaryResponse<I, O>> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      for (const refusal of this.plan.refusals) {
        this.events.wouldRefuse(refusal);
      }
      if (this.signal?.aborted === true) {
        this.handleEvent();
        return;
      }
      if (this.remaining() < this.shared.constants.minWireTimeoutMs) {
        this.cut("deadline");
        return;
      }
      this.signal?.addEventListener("abort", this);
      this.authenticate(() => this.source()?.get(this.plan.tokenRequest));
    });
  }

  /** The caller's signal fired. A listener object needs no closure. */
  handleEvent(): void {
    const reason: unknown = this.signal?.reason;
    const timedOut = reason instanceof Error && reason.name === "TimeoutError";
    this.cut(timedOut ? "deadline" : "canceled", reason);
  }

  /** Runs an attempt below the users' interceptors: the tail. */
  tail(
    next: (request: UnaryRequest<I, O>) => Promise<UnaryResponse<I, O>>,
    request: UnaryRequest<I, O>,
  ): Promise<UnaryResponse<I, O>> {
    const attempt = this.attempt as Attempt;
    if (attempt.over) {
      return Promise.reject(abortReason());
    }
    const limit = this.limit();
    const timeoutMs = wireTimeout(this.shared.constants, limit.limitMs);
    if (timeoutMs === "expired") {
      this.cut("deadline");
      return Promise.reject(abortReason());
    }
    this.plan.writeTailHeaders(request.header, timeoutMs);
    this.shared.recordings.set(request.signal, attempt.recording);
    this.events.started(attempt, timeoutMs, request.header);
    this.setTimer(limit.limitMs, "deadline", () =>
      this.cut(limit.cutsAttempt ? "attempt_timeout" : "deadline"),
    );
    return new Promise((resolve, reject) => {
      attempt.abort = reject;
      next(request).then(resolve, (reason: unknown) => {
        attempt.innerError = ConnectError.from(reason);
        reject(attempt.innerError);
      });
    });
  }

  private remaining(): number {
    return this.deadlineMs - this.shared.clock.now();
  }

  private source() {
    return this.plan.credentials;
  }

  // The attempt timeout cuts an attempt only while another may follow.
  private limit(): ReturnType<typeof attemptLimit> {
    const { policy, keySent } = this.plan;
    const anotherMayFollow =
      policy.retry &&
      gate("AMBIGUOUS", policy, keySent) &&
      this.state.attempts < policy.maxAttempts &&
      this.shared.budget.tokens >= this.shared.budget.values.cost;
    return attemptLimit(this.remaining(), policy.attemptTimeoutMs, anotherMayFollow);
  }

  private authenticate(get: () => Credential | Promise<Credential> | undefined): void {
    let result: Credential | Promise<Credential> | undefined;
    try {
      result = get();
    } catch (reason) {
      this.fail(AmeideError.from(reason));
      return;
    }
    if (!(result instanceof Promise)) {
      this.send(result);
      return;
    }
    this.setTimer(this.remaining(), "deadline", () => this.cut("deadline"));
    const round = this.sent;
    const live = () => !this.over && this.sent === round;
    result.then(
      (credential) => live() && this.send(credential),
      (reason: unknown) => live() && this.fail(AmeideError.from(reason)),
    );
  }

  private send(credential: Credential | undefined): void {
    const { clock, constants } = this.shared;
    this.clearTimer();
    this.credential = credential;
    if (this.remaining() < constants.minWireTimeoutMs) {
      this.cut("deadline");
      return;
    }
    const attempt: Attempt = {
      number: ++this.sent,
      startedMs: clock.now(),
      recording: new Recording(this.frozen),
      cut: undefined,
      abort: undefined,
      innerError: undefined,
      over: false,
    };
    const headers = this.plan.headersFor(this.state.attempts, credential);
    for (const sink of this.plan.sinks) {
      sink.inject?.((name, value) => headers.set(name, value));
    }
    this.attempt = attempt;
    this.state = { ...this.state, attempts: this.state.attempts + 1 };
    this.values.setOwn(attemptInfo, {
      attempt: attempt.number,
      remainingMs: this.remaining(),
    });
    if (this.shared.hasInterceptors) {
      // They may hang; the tail replaces this timer once it is reached.
      this.setTimer(this.remaining(), "deadline", () => this.cut("deadline"));
    }
    this.shared.inner.unary(attempt, this, this.method, headers, this.input, this.values).then(
      (response) => this.succeeded(attempt, response),
      (reason: unknown) => this.failed(attempt, ConnectError.from(reason)),
    );
  }

  /** Runs an attempt on a transport that is not ours: no tail, no recorder. */
  sendForeign(attempt: Attempt, headers: Headers): { signal: AbortSignal; timeoutMs?: number } {
    const controller = new AbortController();
    attempt.abort = (reason) => controller.abort(reason);
    const limit = this.limit();
    const timeoutMs = wireTimeout(this.shared.constants, limit.limitMs);
    this.plan.writeTailHeaders(headers, undefined);
    this.events.started(attempt, timeoutMs === "expired" ? undefined : timeoutMs, headers);
    this.setTimer(limit.limitMs, "deadline", () =>
      this.cut(limit.cutsAttempt ? "attempt_timeout" : "deadline"),
    );
    // The runtime's own timer must neither overflow nor fire before ours.
    return typeof timeoutMs === "number" && timeoutMs === timerDelay(timeoutMs)
      ? { signal: controller.signal, timeoutMs }
      : { signal: controller.signal };
  }

  // Ends what goes on: an attempt, or a wait for a token or before a retry.
  private cut(cut: Cut, reason?: unknown): void {
    if (this.over) {
      return;
    }
    const attempt = this.attempt;
    const code = cut === "canceled" ? Code.Canceled : Code.DeadlineExceeded;
    const error = new ConnectError(CUT_MESSAGES[cut], code);
    error.cause = reason ?? this.lastError;
    if (attempt !== undefined && !attempt.over) {
      attempt.cut = cut;
      attempt.abort?.(abortReason());
      this.failed(attempt, error);
      return;
    }
    this.clearTimer();
    const stopReason = cut === "canceled" ? "canceled" : "deadline";
    this.fail(
      new AmeideError(error, {
        ...this.facts(),
        origin: "client",
        stopReason,
        explanation: explainStop(stopReason, this.plan, undefined),
      }),
    );
  }

  private succeeded(attempt: Attempt, response: UnaryResponse<I, O>): void {
    if (attempt.over) {
      return;
    }
    attempt.over = true;
    const mismatch = this.plan.tenantMismatch(response.header);
    if (mismatch !== undefined && this.plan.observed !== undefined) {
      this.events.wouldRefuse(mismatch.rawMessage);
    } else if (mismatch !== undefined) {
      const facts = { ...this.facts(), origin: "client", reason: "TENANT_MISMATCH" } as const;
      this.fail(new AmeideError(mismatch, facts));
      return;
    }
    refund(this.shared.budget, this.lastCost, this.shared.constants.successRefund);
    this.settle(undefined, undefined);
    this.resolve(response);
  }

  private failed(attempt: Attempt, error: ConnectError): void {
    if (attempt.over) {
      return;
    }
    attempt.over = true;
    this.clearTimer();
    this.lastError = error;
    const { clock, budget, constants } = this.shared;
    const failure = this.shared.inner.ours
      ? failureOf(attempt, error, clock.wallNow())
      : foreignFailureOf(attempt, error, clock.wallNow());
    const retryClass = classify(failure, this.plan.policy.retryableCodes);
    const renewed = this.renew(failure, this.plan.policy);
    if (renewed !== undefined) {
      this.replayed = true;
      this.note(attempt, failure, retryClass, error, { delayMs: 0, transparent: false });
      this.events.waiting(0, retryClass, "replay");
      this.authenticate(renewed);
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
      committed: false,
      remainingMs: this.remaining(),
    };
    const decision = decide(situation, this.shared.random.backoff);
    const { observed } = this.plan;
    this.events.wouldRetry(situation, observed && this.renew(failure, observed) !== undefined);
    this.note(attempt, failure, retryClass, error, decision);
    if (decision.retry) {
      this.retry(decision, retryClass);
    } else {
      this.surface(error, failure, retryClass, decision.stopReason);
    }
  }

  private renew(
    failure: Failure,
    policy: PolicyValues,
  ): (() => Credential | Promise<Credential> | undefined) | undefined {
    const source = this.source();
    const refused = this.credential;
    const { state, replayed } = this;
    if (
      source === undefined ||
      refused === undefined ||
      refused.generation === 0 ||
      !mayReplayWithNewToken({ failure, policy, state, replayed, inputConsumed: false })
    ) {
      return undefined;
    }
    return () => source.renew(this.plan.tokenRequest, refused);
  }

  private retry(decision: Decision & { retry: true }, retryClass: RetryClass): void {
    this.state = decision.next;
    if (!decision.transparent) {
      this.lastCost = decision.cost;
      debit(this.shared.budget, decision.cost);
    }
    this.waitedMs += decision.delayMs;
    this.events.waiting(
      decision.delayMs,
      retryClass,
      decision.transparent ? "transparent" : "retry",
    );
    const again = () => this.authenticate(() => this.source()?.get(this.plan.tokenRequest));
    if (decision.delayMs === 0) {
      again();
    } else {
      this.setTimer(decision.delayMs, "sleep", again);
    }
  }

  private surface(
    error: ConnectError,
    failure: Failure,
    retryClass: RetryClass,
    stopReason: StopReason,
  ): void {
    const { plan } = this;
    // What an interceptor or a provider made of ours stays what it is.
    const source = isAmeideError(error) && failure.origin === "client" ? error : undefined;
    this.fail(
      new AmeideError(
        error,
        {
          ...this.facts(),
          origin: failure.origin,
          reason: source?.reason ?? failure.reason,
          stopReason,
          httpStatus: failure.httpStatus,
          retryAfterMs: hintDelay(failure.hint),
          retryable: retryClass !== "NEVER",
          serverRequestId: this.attempt?.recording.get(plan.headerNames.requestId) ?? undefined,
          explanation: explainStop(stopReason, plan, failure),
        },
        plan.codeOf(failure.code),
      ),
      stopReason,
    );
  }

  private facts() {
    return {
      method: this.plan.method,
      requestId: this.plan.requestId,
      attempts: this.attempts,
      maxMessageBytes: this.shared.constants.maxMessageBytes,
    };
  }

  private fail(error: AmeideError, stopReason: StopReason | undefined = error.stopReason): void {
    if (this.over) {
      return;
    }
    const known =
      error.method === undefined
        ? new AmeideError(error, Object.assign({}, error, this.facts()))
        : error;
    this.settle(codeToString(known.code), stopReason);
    this.reject(known);
  }

  private settle(code: string | undefined, stopReason: StopReason | undefined): void {
    this.over = true;
    this.clearTimer();
    this.signal?.removeEventListener("abort", this);
    this.events.done(code, stopReason, this.sent, this.waitedMs, this.attempt);
  }

  private note(
    attempt: Attempt,
    failure: Failure,
    retryClass: RetryClass,
    error: ConnectError,
    outcome: { delayMs: number; transparent: boolean } | { retry: false; stopReason: StopReason },
  ): void {
    const durationMs = Math.floor(this.shared.clock.now() - attempt.startedMs);
    const next = "delayMs" in outcome ? outcome : undefined;
    const stopReason = "stopReason" in outcome ? outcome.stopReason : undefined;
    this.attempts.push({
      code: failure.code,
      class: retryClass,
      durationMs,
      delayMs: next?.delayMs ?? 0,
      transparent: next?.transparent ?? false,
    });
    this.events.failed(attempt, failure, retryClass, error.rawMessage, next?.delayMs, stopReason);
  }

  // A timer holds 32 bits, and Node's may fire a little early: look again.
  private setTimer(ms: number, kind: TimerKind, callback: () => void): void {
    this.clearTimer();
    if (ms === UNBOUNDED) {
      return;
    }
    const { clock } = this.shared;
    const dueMs = clock.now() + ms;
    const fire = () => {
      const leftMs = dueMs - clock.now();
      if (leftMs > 0) {
        this.timer = clock.setTimer(fire, timerDelay(leftMs), kind);
        return;
      }
      this.timer = undefined;
      callback();
    };
    this.timer = clock.setTimer(fire, timerDelay(ms), kind);
  }

  private clearTimer(): void {
    if (this.timer !== undefined) {
      this.shared.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
  }
}

const CUT_MESSAGES: Readonly<Record<Cut, string>> = {
  canceled: "the call was canceled",
  deadline: "the deadline expired",
  attempt_timeout: "the attempt timed out",
};

// Of code canceled, so that an HTTP/2 stream is reset with CANCEL.
function abortReason(): ConnectError {
  return new ConnectError("the attempt is over", Code.Canceled);
}

const tailKey: ContextKey<UnaryCall<DescMessage, DescMessage> | undefined> = createContextKey<
  UnaryCall<DescMessage, DescMessage> | undefined
>(undefined, { description: "ameide call" });

/** The innermost interceptor: hands each attempt to the call it belongs to. */
export const tailInterceptor: Interceptor = (next) => (request) => {
  const call = request.contextValues.get(tailKey);
  return call === undefined || request.stream
    ? next(request)
    : call.tail(next as Parameters<typeof call.tail>[0], request);
};
