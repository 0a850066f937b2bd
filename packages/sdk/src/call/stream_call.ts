import {
  Code,
  ConnectError,
  type ContextValues,
  type StreamRequest,
  type StreamResponse,
} from "@connectrpc/connect";
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { abortReason, type Attempt, readInner, signalOf } from "./attempt.js";
import { BaseCall } from "./base_call.js";
import type { CallPlan } from "./call_plan.js";
import { tell } from "../runtime/callbacks.js";
import { recapture, withCallersStack } from "../runtime/callers_stack.js";
import { type AttemptLimit, attemptLimit } from "../policy/deadline.js";
import type { AmeideError } from "../errors/errors.js";
import type { AnswerPart } from "./limit_message.js";
import type { InputState } from "../policy/retry.js";
import type { ClientContext } from "./client_context.js";
import { StreamInput, tellingErrors } from "./stream_input.js";
import { forgetMessages, Messages } from "./stream_messages.js";
import type { Send } from "../wire/recorder.js";
import { connectErrorOf } from "../errors/thrown.js";
import { WaitQueue, type Waiter } from "../runtime/wait_queue.js";

type Result<O extends DescMessage> = IteratorResult<MessageShape<O>, undefined>;

/**
 * One call of a streaming method. Until its first message arrives it is retried like a unary call;
 * a bidi stream shows its headers at once, and is not retried from then on.
 */
export class StreamCall<I extends DescMessage, O extends DescMessage> extends BaseCall {
  private readonly input: StreamInput<MessageInitShape<I>>;
  private opening: Waiter<StreamResponse<I, O>> | undefined;
  private waiter: Waiter<Result<O>> | undefined;
  /** Readers that asked while another one waited. */
  private readonly queue = new WaitQueue<Result<O>>();
  private iterator: AsyncIterator<MessageShape<O>> | undefined;
  /** Start of the current wait, once the stream is shown. */
  private waitsSinceMs: number | undefined;
  /** First message, until the application asks for it. */
  private first: Result<O> | undefined;
  /** Error, until the application asks for the next message. */
  private failure: AmeideError | undefined;
  /** Messages of the answer so far, for a client stream. */
  private answers = 0;
  /** Attempt whose errors come from the wire as they are: no interceptor is in between. */
  private handedOn: Attempt | undefined;

  constructor(
    client: ClientContext,
    plan: CallPlan,
    private readonly method: DescMethodStreaming<I, O>,
    messages: AsyncIterable<MessageInitShape<I>>,
    signal: AbortSignal | undefined,
    contextValues: ContextValues | undefined,
  ) {
    super(client, plan, signal, contextValues);
    this.timer.keepContext();
    const keepAll = method.methodKind === "server_streaming";
    this.input = new StreamInput(messages, keepAll, (message) => plan.withRequestId(message));
  }

  /** Runs the call until there is something to show. Call it once. */
  run(): Promise<StreamResponse<I, O>> {
    let resolve!: (response: StreamResponse<I, O> | Promise<never>) => void;
    const response = new Promise<StreamResponse<I, O>>((settle) => (resolve = settle));
    // Connect's own client looks at it when the first message is asked for: a caller that reads
    // late or never must not end the process.
    this.opening = { resolve, unread: response };
    this.start();
    return response;
  }

  /** Returns the next message; requests made meanwhile are answered in order. */
  next(): Promise<Result<O>> {
    return new Promise((resolve) => {
      const waiter = { resolve };
      if (this.waiter === undefined) {
        this.ask(waiter);
      } else {
        this.queue.add(waiter);
      }
    });
  }

  /** Ends the call because the application wants no more: with success, and the server is told. */
  leave(): void {
    const { attempt } = this;
    this.first = undefined;
    this.failure = undefined;
    if (this.over || attempt === undefined) {
      return;
    }
    attempt.abort?.(abortReason());
    this.leaveMessages();
    this.end(attempt);
  }

  protected handOn(attempt: Attempt, next: Send, request: StreamRequest): ReturnType<Send> {
    if (!this.client.hasInterceptors) {
      this.handedOn = attempt;
      return next(request, attempt.recording);
    }
    const failed = (reason: unknown): Promise<never> =>
      new Promise((_, reject) => readInner(attempt, connectErrorOf(reason), reject));
    const messages = tellingErrors(request.message, (reason) =>
      this.failFromCaller(attempt, connectErrorOf(reason)),
    );
    const sent = { ...request, message: messages };
    return next(sent, attempt.recording).then((response) => {
      const { message } = response as StreamResponse;
      const iterable = {
        [Symbol.asyncIterator]() {
          const iterator = message[Symbol.asyncIterator]();
          return { next: () => iterator.next().catch(failed) };
        },
      };
      return { ...response, message: iterable } as StreamResponse;
    }, failed);
  }

  private ask(waiter: Waiter<Result<O>>): void {
    const { first, failure, iterator } = this;
    if (first !== undefined) {
      this.first = undefined;
      waiter.resolve(first);
    } else if (failure !== undefined) {
      this.failure = undefined;
      recapture(failure);
      waiter.resolve(Promise.reject(failure));
    } else if (this.over || iterator === undefined) {
      waiter.resolve({ done: true, value: undefined });
    } else {
      this.waiter = waiter;
      this.limitWait();
      this.pull(this.attempt as Attempt, iterator);
    }
  }

  // The wait is over: the next reader's request is served.
  private askNext(): void {
    while (this.waiter === undefined) {
      const waiter = this.queue.take();
      if (waiter === undefined) {
        return;
      }
      this.ask(waiter);
    }
  }

  protected open(attempt: Attempt, headers: Headers | undefined): void {
    const signal = signalOf(attempt);
    const input = this.input.forAttempt(
      attempt.recording,
      () => attempt.over,
      (reason) => this.failFromCaller(attempt, connectErrorOf(reason)),
    );
    this.client.inner.stream(attempt, this, signal, this.method, headers, input, this.values).then(
      (response) => this.onResponse(attempt, response),
      (reason: unknown) => this.onRejected(attempt, reason),
    );
  }

  // The messages to send failed: no fault of the connection.
  private failFromCaller(attempt: Attempt, error: ConnectError): void {
    attempt.abort?.(abortReason(error));
    this.onAttemptFailed(attempt, error);
  }

  // The time until the first message is the server's own only if it does not wait for our messages.
  protected limit(nowMs: number): AttemptLimit {
    const reads = this.method.methodKind === "server_streaming";
    const ms = reads ? this.plan.policy.firstMessageTimeoutMs : null;
    return attemptLimit(this.remaining(nowMs), ms, "first_message_timeout");
  }

  protected awaited(): AnswerPart {
    const message = this.method.methodKind === "client_streaming";
    const what = message ? "the rest of the answer" : "a message of the stream";
    const { waiter, waitsSinceMs: sinceMs } = this;
    return { what: sinceMs === undefined || waiter !== undefined ? what : "its reader", sinceMs };
  }

  protected inputState(): InputState {
    return this.opening === undefined ? "consumed" : this.input.state(this.attempt?.recording);
  }

  protected notifyCaller(error: AmeideError): void {
    forgetMessages(this);
    this.leaveMessages();
    this.input.close(error);
    const waiting = this.opening ?? this.waiter;
    this.opening = undefined;
    this.waiter = undefined;
    if (waiting === undefined) {
      this.failure = error;
    } else {
      const rejected = withCallersStack(error, waiting.unread);
      waiting.resolve(rejected);
      if (!this.queue.empty) {
        void this.askNextAfter(rejected);
      }
    }
  }

  // Tells later requests later: the current waiter hears of it a turn after this does.
  private async askNextAfter(told: Promise<never>): Promise<void> {
    await told.catch(() => {});
    await Promise.resolve();
    this.askNext();
  }

  private onResponse(attempt: Attempt, response: StreamResponse<I, O>): void {
    let iterator: AsyncIterator<MessageShape<O>>;
    try {
      // A listener that is told of the answer may end the call.
      if (attempt.over || !this.isForUs(response.header) || attempt.over) {
        return;
      }
      iterator = response.message[Symbol.asyncIterator]();
    } catch (reason) {
      // An interceptor turned the answer into something else.
      this.endAttempt(attempt, connectErrorOf(reason));
      return;
    }
    this.iterator = iterator;
    if (this.method.methodKind === "bidi_streaming") {
      this.show(response);
      this.limitWait();
      return;
    }
    this.waiter = {
      resolve: (first) => {
        // The opening reports errors.
        this.first = first as Result<O>;
        this.show(response);
      },
    };
    this.pull(attempt, iterator);
  }

  // The application's stream must not refer to the call: that lets the garbage collector find an
  // abandoned stream.
  private show(response: StreamResponse<I, O>): void {
    const { opening } = this;
    this.opening = undefined;
    opening?.resolve({ ...response, message: new Messages(this) });
  }

  // Nobody reads on: generators of interceptors are finished, as a loop that is left does.
  private leaveMessages(): void {
    const { iterator } = this;
    this.iterator = undefined;
    void tell(() => iterator?.return?.());
  }

  private pull(attempt: Attempt, iterator: AsyncIterator<MessageShape<O>>): void {
    try {
      iterator.next().then(
        (result) => this.onMessage(attempt, result as Result<O>),
        (reason: unknown) => this.onRejected(attempt, reason),
      );
    } catch (reason) {
      // An interceptor's stream, not Connect's.
      this.endAttempt(attempt, connectErrorOf(reason));
    }
  }

  private onRejected(attempt: Attempt, reason: unknown): void {
    const error = connectErrorOf(reason);
    if (this.handedOn === attempt) {
      readInner(attempt, error, (read) => this.onAttemptFailed(attempt, read));
    } else {
      this.onAttemptFailed(attempt, error);
    }
  }

  private onMessage(attempt: Attempt, result: Result<O>): void {
    if (attempt.over) {
      return;
    }
    if (typeof result !== "object" || result === null) {
      const none = new TypeError("an interceptor's stream gave no result");
      this.endAttempt(attempt, connectErrorOf(none));
      return;
    }
    const miscounted = this.miscounted(result);
    if (miscounted !== undefined) {
      attempt.abort?.(abortReason(miscounted));
      this.onAttemptFailed(attempt, miscounted);
      return;
    }
    if (result.done === true) {
      this.end(attempt);
      return;
    }
    const { waiter } = this;
    this.waiter = undefined;
    // The caller of a client stream gets its one message only after a good end.
    this.committed = this.method.methodKind !== "client_streaming";
    this.limitWait();
    waiter?.resolve(result);
    this.askNext();
  }

  // A client stream is answered with one message.
  private miscounted({ done }: Result<O>): ConnectError | undefined {
    if (this.method.methodKind !== "client_streaming") {
      return undefined;
    }
    if (done === true) {
      return this.answers === 0
        ? new ConnectError("no message in the answer", Code.Unimplemented)
        : undefined;
    }
    this.answers += 1;
    return this.answers > 1
      ? new ConnectError("a second message in the answer", Code.Unimplemented)
      : undefined;
  }

  private end(attempt: Attempt): void {
    const { waiter } = this;
    this.waiter = undefined;
    forgetMessages(this);
    this.succeed(attempt);
    this.input.close(undefined);
    waiter?.resolve({ done: true, value: undefined });
    this.askNext();
  }

  // Sets the limits between messages: the call's deadline, and the idle timeout while a reader
  // waits.
  private limitWait(): void {
    const nowMs = this.client.clock.now();
    this.waitsSinceMs = nowMs;
    const waits = this.waiter !== undefined && this.committed;
    const ms = waits ? this.plan.policy.idleTimeoutMs : null;
    const { limitMs, cause } = attemptLimit(this.remaining(nowMs), ms, "idle_timeout");
    this.timer.limit(limitMs, cause, nowMs);
  }
}
