import type { ContextValues, StreamRequest, StreamResponse } from "@connectrpc/connect";
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { Attempt } from "./attempt.js";
import { abortReason, CallLoop } from "./call_loop.js";
import type { CallPlan } from "./call_plan.js";
import { type AttemptLimit, attemptLimit } from "./deadline.js";
import { type AmeideError, toConnectError } from "./errors.js";
import type { InputState } from "./retry.js";
import type { Shared } from "./shared.js";
import { StreamInput } from "./stream_input.js";
import { forgetMessages, Messages } from "./stream_messages.js";
import type { Next } from "./tail.js";

type Result<O extends DescMessage> = IteratorResult<MessageShape<O>, undefined>;

/** Who waits for something. */
interface Waiter<T> {
  resolve(value: T): void;
  reject(reason: AmeideError): void;
}

/**
 * One call of a streaming method. Until its first message is there it is
 * repeated like a unary call; a bidi stream shows its headers at once, and is
 * not repeated from then on.
 */
export class StreamCall<I extends DescMessage, O extends DescMessage> extends CallLoop {
  private readonly input: StreamInput<MessageInitShape<I>>;
  private opening: Waiter<StreamResponse<I, O>> | undefined;
  private waiter: Waiter<Result<O>> | undefined;
  /** What the waiter waits for. */
  private asked: Promise<Result<O>> | undefined;
  private iterator: AsyncIterator<MessageShape<O>> | undefined;
  /** The first message, until the application asks for it. */
  private first: Result<O> | undefined;
  /** The error, until the application asks for what comes next. */
  private failure: AmeideError | undefined;

  constructor(
    shared: Shared,
    plan: CallPlan,
    private readonly method: DescMethodStreaming<I, O>,
    messages: AsyncIterable<MessageInitShape<I>>,
    signal: AbortSignal | undefined,
    contextValues: ContextValues | undefined,
  ) {
    super(shared, plan, signal, contextValues);
    this.timer.keepContext();
    const keepAll = method.methodKind === "server_streaming";
    this.input = new StreamInput(messages, keepAll, (message) => plan.withRequestIds(message));
  }

  /** Runs the call until there is something to show. Call it once. */
  run(): Promise<StreamResponse<I, O>> {
    return new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
      this.start();
    });
  }

  /** The next message; what is asked for meanwhile is answered in order. */
  next(): Promise<Result<O>> {
    const { asked, first, failure, iterator } = this;
    if (this.waiter !== undefined && asked !== undefined) {
      const again = () => this.next();
      return asked.then(again, again);
    }
    if (first !== undefined) {
      this.first = undefined;
      return Promise.resolve(first);
    }
    if (failure !== undefined) {
      this.failure = undefined;
      return Promise.reject(failure);
    }
    if (this.over || iterator === undefined) {
      return Promise.resolve({ done: true, value: undefined });
    }
    this.asked = new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
      this.limitWait();
      this.pull(this.attempt as Attempt, iterator);
    });
    return this.asked;
  }

  /** The application wants no more: a good end, of which the server learns. */
  leave(): void {
    const { attempt } = this;
    this.first = undefined;
    this.failure = undefined;
    if (this.over || attempt === undefined) {
      return;
    }
    attempt.abort?.(abortReason());
    this.end(attempt);
  }

  tail(next: Next, request: StreamRequest): ReturnType<Next> {
    const attempt = this.attempt as Attempt;
    if (!this.enter(attempt, request)) {
      return Promise.reject(abortReason());
    }
    const failed = (reason: unknown): never => {
      attempt.innerError = toConnectError(reason);
      throw attempt.innerError;
    };
    return this.handOn(attempt, next, request).then((response) => {
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

  protected open(attempt: Attempt, headers: Headers | undefined): void {
    const controller = new AbortController();
    attempt.abort = (reason) => controller.abort(reason);
    const input = this.input.forAttempt(
      attempt.recording,
      () => attempt.over,
      (reason) => {
        attempt.abort?.(abortReason());
        this.failed(attempt, toConnectError(reason));
      },
    );
    this.shared.inner
      .stream(attempt, this, controller.signal, this.method, headers, input, this.values)
      .then(
        (response) => this.responded(attempt, response),
        (reason: unknown) => this.failed(attempt, toConnectError(reason)),
      );
  }

  // How long the server takes for its first message is its own affair only
  // where it does not wait for messages of ours.
  protected limit(nowMs: number): AttemptLimit {
    const reads = this.method.methodKind === "server_streaming";
    const ms = reads ? this.plan.policy.firstMessageTimeoutMs : null;
    return attemptLimit(this.remaining(nowMs), ms, "first_message_timeout");
  }

  protected inputState(): InputState {
    return this.opening === undefined ? "consumed" : this.input.state(this.attempt?.recording);
  }

  protected reject(error: AmeideError): void {
    forgetMessages(this);
    this.input.close(error);
    const waiting = this.opening ?? this.waiter;
    this.opening = undefined;
    this.waiter = undefined;
    if (waiting === undefined) {
      this.failure = error;
    } else {
      waiting.reject(error);
    }
  }

  private responded(attempt: Attempt, response: StreamResponse<I, O>): void {
    if (attempt.over || !this.isForUs(attempt, response.header)) {
      return;
    }
    const iterator = response.message[Symbol.asyncIterator]();
    this.iterator = iterator;
    if (this.method.methodKind === "bidi_streaming") {
      this.show(response);
      this.limitWait();
      return;
    }
    this.waiter = {
      resolve: (first) => {
        this.first = first;
        this.show(response);
      },
      reject: () => {},
    };
    this.pull(attempt, iterator);
  }

  // Nothing of the call may lead to what the application holds: that is how
  // the garbage collector finds a stream that was left.
  private show(response: StreamResponse<I, O>): void {
    const { opening } = this;
    this.opening = undefined;
    opening?.resolve({ ...response, message: new Messages(this) });
  }

  private pull(attempt: Attempt, iterator: AsyncIterator<MessageShape<O>>): void {
    iterator.next().then(
      (result) => this.received(attempt, result as Result<O>),
      (reason: unknown) => this.failed(attempt, toConnectError(reason)),
    );
  }

  private received(attempt: Attempt, result: Result<O>): void {
    if (attempt.over) {
      return;
    }
    const { waiter } = this;
    this.waiter = undefined;
    if (result.done === true) {
      this.end(attempt);
    } else {
      // The caller of a client stream gets its one message only after a good end.
      this.committed = this.method.methodKind !== "client_streaming";
      this.limitWait();
    }
    waiter?.resolve(result);
  }

  private end(attempt: Attempt): void {
    const { waiter } = this;
    this.waiter = undefined;
    forgetMessages(this);
    this.succeed(attempt);
    this.input.close(undefined);
    waiter?.resolve({ done: true, value: undefined });
  }

  // Between messages: the call's deadline, and while somebody waits the idle timeout.
  private limitWait(): void {
    const waits = this.waiter !== undefined && this.committed;
    const ms = waits ? this.plan.policy.idleTimeoutMs : null;
    const { limitMs, cut } = attemptLimit(this.remaining(), ms, "idle_timeout");
    this.timer.limit(limitMs, cut);
  }
}
