import type { ConnectError, ContextValues, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import { type Attempt, readInner, signalOf } from "./attempt.js";
import { BaseCall } from "./base_call.js";
import type { CallPlan } from "./call_plan.js";
import { type AttemptLimit, attemptLimit } from "../policy/deadline.js";
import type { AmeideError } from "../errors/errors.js";
import type { AnswerPart } from "./limit_message.js";
import { gate, type InputState } from "../policy/retry.js";
import type { ClientContext } from "./client_context.js";
import { headerOf } from "../wire/own_headers.js";
import type { Send } from "../wire/recorder.js";
import { connectErrorOf } from "../errors/thrown.js";
import { recapture, withCallersStack } from "../runtime/callers_stack.js";

// Functions that settle the promise created last. One executor serves all: a closure for each would
// be a good part of the cost of a call's promise.
const captured = {} as { -readonly [K in keyof Settle<never>]: Settle<never>[K] };

function capture(
  resolve: (value: Promise<never>) => void,
  reject: (reason: unknown) => void,
): void {
  captured.resolve = resolve;
  captured.reject = reject;
}

interface Settle<T> {
  readonly resolve: (value: T | Promise<never>) => void;
  readonly reject: (reason: unknown) => void;
}

const REST: AnswerPart = { what: "the rest of the answer", sinceMs: undefined };

// Caller that waits for the answer of a call with a promise of its own.
interface Waiter<T> extends Settle<T> {
  readonly promise: Promise<T>;
}

/**
 * One unary call. Its caller gets a promise derived from that of the first attempt; only a call
 * that has to wait for something else needs one of its own.
 */
export class UnaryCall<I extends DescMessage, O extends DescMessage> extends BaseCall {
  private readonly input: MessageInitShape<I>;
  /** Attempt that was just opened, until the call's promise is derived from it. */
  private opened: Promise<UnaryResponse<I, O>> | undefined;
  private waiter: Waiter<UnaryResponse<I, O>> | undefined;
  private error: AmeideError | undefined;

  constructor(
    client: ClientContext,
    plan: CallPlan,
    private readonly method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    signal: AbortSignal | undefined,
    contextValues: ContextValues | undefined,
  ) {
    super(client, plan, signal, contextValues);
    this.input = plan.withRequestId(input);
  }

  /** Runs the call. Call it once. */
  run(): Promise<UnaryResponse<I, O>> {
    if (!this.endsWithInterceptor) {
      void this.wait();
    }
    this.start();
    return this.outcome();
  }

  protected handOn(attempt: Attempt, next: Send, request: UnaryRequest): ReturnType<Send> {
    const sent = this.plan.withRequestIdAgain(request);
    const answer = next(sent, attempt.recording);
    const ended = new Promise<Awaited<typeof answer>>(capture);
    const { resolve, reject } = captured as Settle<Awaited<typeof answer>>;
    if (this.client.hasInterceptors) {
      const { abort } = attempt;
      attempt.abort = (reason) => {
        abort?.(reason);
        reject(reason);
      };
      answer.then(resolve, (reason: unknown) =>
        attempt.recording.afterLastRead(() => readInner(attempt, connectErrorOf(reason), reject)),
      );
    } else {
      attempt.abort = reject;
      answer.then(resolve, reject);
    }
    return ended;
  }

  protected open(attempt: Attempt, headers: Headers | undefined): void {
    const { inner } = this.client;
    const signal = this.signalFor(attempt);
    const answer = inner.unary(
      attempt,
      this,
      signal,
      this.method,
      headers,
      this.input,
      this.values,
    );
    if (this.waiter === undefined) {
      this.opened = answer.then(
        (response) => this.onResponse(attempt, response),
        (reason: unknown) => this.onRejected(attempt, connectErrorOf(reason)),
      );
    } else {
      // Only the waiter may wait for this promise: if two do, V8 shows neither in a stack.
      answer.then(
        (response) => void this.onResponse(attempt, response),
        (reason: unknown) => void this.onRejected(attempt, connectErrorOf(reason)),
      );
    }
  }

  // Signal of the request for users' interceptors, which may run before the attempt interceptor does
  // and after it; undefined where nothing but the attempt interceptor can hold the attempt up.
  private signalFor(attempt: Attempt): AbortSignal | undefined {
    const { hasInterceptors, inner } = this.client;
    return !hasInterceptors && inner.instrumented ? undefined : signalOf(attempt);
  }

  // Ends the call through the promise of the attempt, so that the caller is told in the async
  // context the call was made in, whoever ends it.
  protected override endAttempt(attempt: Attempt, error: ConnectError): void {
    if (this.endsWithInterceptor && attempt.abort !== undefined) {
      attempt.abortError = error;
      attempt.abort(error);
    } else {
      super.endAttempt(attempt, error);
    }
  }

  protected notifyCaller(error: AmeideError): void {
    this.error = error;
    this.waiter?.resolve(withCallersStack(error));
  }

  // Limits an attempt by the attempt timeout only while another may follow.
  protected limit(nowMs: number): AttemptLimit {
    const { policy, keySent } = this.plan;
    const anotherMayFollow =
      policy.retry &&
      gate("AMBIGUOUS", policy, keySent) &&
      this.state.attempts < policy.maxAttempts &&
      this.client.budget.tokens >= this.client.budget.values.cost;
    const attemptMs = anotherMayFollow ? policy.attemptTimeoutMs : null;
    return attemptLimit(this.remaining(nowMs), attemptMs, "attempt_timeout");
  }

  protected awaited(): AnswerPart {
    return REST;
  }

  protected inputState(): InputState {
    return "replayable";
  }

  // True if an attempt is over together with the attempt interceptor: users' interceptors or a
  // foreign transport may hang after it.
  private get endsWithInterceptor(): boolean {
    const { hasInterceptors, inner } = this.client;
    return inner.instrumented && !hasInterceptors;
  }

  private onResponse(
    attempt: Attempt,
    response: UnaryResponse<I, O>,
  ): UnaryResponse<I, O> | Promise<UnaryResponse<I, O>> {
    let good: boolean;
    try {
      if (typeof response.message !== "object" || response.message === null) {
        throw new TypeError("an interceptor gave no answer");
      }
      good = !attempt.over && attempt.abortError === undefined && this.isForUs(headerOf(response));
    } catch (reason) {
      // An interceptor turned the answer into something else.
      return this.onRejected(attempt, connectErrorOf(reason));
    }
    // A listener that was told of the answer may have ended the call.
    if (attempt.abortError !== undefined) {
      this.onAttemptFailed(attempt, attempt.abortError);
    } else if (good && !attempt.over) {
      this.succeed(attempt);
      this.waiter?.resolve(response);
      return response;
    }
    return this.outcome();
  }

  private onRejected(attempt: Attempt, error: ConnectError): Promise<UnaryResponse<I, O>> {
    if (attempt.abortError !== undefined) {
      this.onAttemptFailed(attempt, attempt.abortError);
    } else {
      const isInner = !this.client.hasInterceptors && attempt.abort !== undefined;
      attempt.abort = undefined;
      if (isInner) {
        attempt.recording.afterLastRead(() =>
          readInner(attempt, error, (read) => this.onAttemptFailed(attempt, read)),
        );
      } else {
        this.onAttemptFailed(attempt, error);
      }
    }
    return this.outcome();
  }

  // Returns the outcome as far as it is known: the attempt just opened, the error it ended with, or
  // a promise for later.
  private outcome(): Promise<UnaryResponse<I, O>> {
    const { waiter, opened, error } = this;
    if (waiter !== undefined) {
      return waiter.promise;
    }
    if (opened !== undefined) {
      this.opened = undefined;
      return opened;
    }
    if (error === undefined) {
      return this.wait();
    }
    recapture(error);
    return Promise.reject(error);
  }

  private wait(): Promise<UnaryResponse<I, O>> {
    const promise = new Promise<UnaryResponse<I, O>>(capture);
    this.waiter = { promise, ...(captured as Settle<UnaryResponse<I, O>>) };
    return promise;
  }
}
