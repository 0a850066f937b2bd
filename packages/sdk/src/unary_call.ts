import {
  ConnectError,
  type ContextValues,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import type { Attempt } from "./attempt.js";
import { abortReason, CallLoop } from "./call_loop.js";
import type { CallPlan } from "./call_plan.js";
import { type AttemptLimit, attemptLimit } from "./deadline.js";
import type { AmeideError } from "./errors.js";
import { gate, type InputState } from "./retry.js";
import type { Shared } from "./shared.js";
import type { Next } from "./tail.js";

/** One unary call. */
export class UnaryCall<I extends DescMessage, O extends DescMessage> extends CallLoop {
  private readonly input: MessageInitShape<I>;
  private resolve!: (response: UnaryResponse<I, O>) => void;
  protected reject!: (reason: AmeideError) => void;

  constructor(
    shared: Shared,
    plan: CallPlan,
    private readonly method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    signal: AbortSignal | undefined,
    contextValues: ContextValues | undefined,
  ) {
    super(shared, plan, signal, contextValues);
    this.input = plan.withRequestIds(input);
  }

  /** Runs the call. Call it once. */
  run(): Promise<UnaryResponse<I, O>> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.start();
    });
  }

  tail(next: Next, request: UnaryRequest): ReturnType<Next> {
    const attempt = this.attempt as Attempt;
    if (!this.enter(attempt, request)) {
      return Promise.reject(abortReason());
    }
    return new Promise((resolve, reject) => {
      attempt.abort = reject;
      this.handOn(attempt, next, request).then(resolve, (reason: unknown) => {
        attempt.recording.afterLastRead(() => {
          attempt.innerError = ConnectError.from(reason);
          reject(attempt.innerError);
        });
      });
    });
  }

  protected open(attempt: Attempt, headers: Headers | undefined): void {
    this.shared.inner.unary(attempt, this, this.method, headers, this.input, this.values).then(
      (response) => this.responded(attempt, response),
      (reason: unknown) => this.failed(attempt, ConnectError.from(reason)),
    );
  }

  // The attempt timeout cuts an attempt only while another may follow.
  protected limit(): AttemptLimit {
    const { policy, keySent } = this.plan;
    const anotherMayFollow =
      policy.retry &&
      gate("AMBIGUOUS", policy, keySent) &&
      this.state.attempts < policy.maxAttempts &&
      this.shared.budget.tokens >= this.shared.budget.values.cost;
    const attemptMs = anotherMayFollow ? policy.attemptTimeoutMs : null;
    return attemptLimit(this.remaining(), attemptMs, "attempt_timeout");
  }

  protected inputState(): InputState {
    return "replayable";
  }

  private responded(attempt: Attempt, response: UnaryResponse<I, O>): void {
    if (!attempt.over && this.isForUs(attempt, response.header)) {
      this.succeed(attempt);
      this.resolve(response);
    }
  }
}
