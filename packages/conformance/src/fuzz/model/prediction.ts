/**
 * Prediction of the model. An undefined field is not known to it and not compared; null says that
 * there is none.
 */
export interface Prediction {
  readonly outcomes: readonly PredictedOutcome[];
  readonly requests: readonly PredictedRequest[];
  readonly sleeps: readonly number[] | undefined;
  readonly budget: number | undefined;
  readonly providerCalls: number;
  /** True if calls ran in parallel, so that their order is not specified. */
  readonly parallel: boolean;
  /** Questions that the specification leaves open and this case raises. */
  readonly undecided: readonly string[];
  /** Reasons for which this case is not compared; empty for a case that is. */
  readonly notes: readonly string[];
}

export interface PredictedOutcome {
  readonly ok: string | null;
  readonly error: PredictedError | null;
  readonly durationMs: number;
  /** Texts of the messages that the caller got. */
  readonly messages: readonly string[];
  /** Time from the start of the call until the caller saw headers. */
  readonly headersMs: number | null | undefined;
}

export interface PredictedError {
  readonly code: string;
  readonly origin: string | undefined;
  readonly stopReason: string | null | undefined;
  readonly reason: string | null | undefined;
  readonly domain: string | null | undefined;
  readonly retryAfterMs: number | null | undefined;
  readonly httpStatus: number | null | undefined;
  readonly serverRequestId: string | null | undefined;
  readonly committed: boolean;
  /** Failed attempts that the model is sure of. */
  readonly attempts: readonly PredictedAttempt[];
  /** True if the error may list one more: the attempt that was cut off. */
  readonly attemptsOpen: boolean;
}

export interface PredictedAttempt {
  readonly code: string;
  readonly class: string;
  readonly sent: string;
  readonly durationMs: number | undefined;
  readonly delayMs: number | undefined;
  readonly transparent: boolean;
}

export interface PredictedRequest {
  readonly method: string;
  readonly atMs: number;
  /** Null for no timeout on the wire. */
  readonly timeoutMs: number | null;
  readonly previousAttempts: string | null;
  readonly tenant: string | null;
  readonly authorization: string | null;
  /** Generated ids are `auto:` and the number of the call, others are as given. */
  readonly requestId: string;
  readonly key: string | null;
  /** Source of the body: equal for equal bodies. */
  readonly body: string | undefined;
  /** Texts of the messages that arrived. Streams only. */
  readonly texts: readonly string[] | undefined;
  /** True if the client hung up before the answer had ended. */
  readonly canceled: boolean | undefined;
  /** Headers of users and their interceptors. */
  readonly headers: { readonly [name: string]: string };
}
