import type { Origin, Sent } from "../policy/failure.js";
import type { Protocol } from "../policy/policy.js";
import type { RetryClass, StopReason } from "../policy/retry.js";

/** Fields of every event. */
export interface EventBase {
  /** Full name of the method: `acme.v1.Billing/Charge`. */
  readonly method: string;
  /** Id of the call, the same in all its events. */
  readonly requestId: string;
  /** Milliseconds since the call began. */
  readonly atMs: number;
}

/** Sent when an attempt starts. */
export interface AttemptStarted extends EventBase {
  readonly type: "attempt_started";
  /** Number of the attempt, counted from 1 as sent. */
  readonly attempt: number;
  /** Time limit of the attempt, as on the wire; undefined for none. */
  readonly timeoutMs: number | undefined;
  /** Idempotency key as sent, to find the call in the server's logs. No log and no span has it. */
  readonly idempotencyKey: string | undefined;
  /** Request headers; values outside the allow-list are replaced by `REDACTED`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sent when an attempt has failed. */
export interface AttemptFailed extends EventBase {
  readonly type: "attempt_failed";
  readonly attempt: number;
  /** Code in Connect's spelling. */
  readonly code: string;
  readonly class: RetryClass;
  readonly origin: Origin;
  readonly sent: Sent;
  readonly message: string;
  readonly httpStatus: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly durationMs: number;
  /** Wait after it; undefined if no attempt follows. */
  readonly delayMs: number | undefined;
  /** Reason for which none follows; undefined if one does. */
  readonly stopReason: StopReason | undefined;
  /** Fact that decided, in words. */
  readonly explanation: string;
}

/** Sent when another attempt follows, before the wait. */
export interface Waiting extends EventBase {
  readonly type: "waiting";
  readonly delayMs: number;
  readonly class: RetryClass;
  /**
   * A transparent retry, the replay with a new token or as POST, or a counted retry. Retries of
   * `waitForReady` are transparent, with a wait.
   */
  readonly kind: "transparent" | "replay" | "retry";
  /** Tokens left in the budget. */
  readonly budgetTokens: number;
}

/** Sent when the call is over. */
export interface Done extends EventBase {
  readonly type: "done";
  /** Code of the error; undefined if the call succeeded. */
  readonly code: string | undefined;
  /** Message of the error; undefined if the call succeeded. */
  readonly message: string | undefined;
  readonly stopReason: StopReason | undefined;
  /** Number of attempts sent. */
  readonly attempts: number;
  readonly durationMs: number;
  /** Sum of the waits between attempts. */
  readonly retryDelayMs: number;
  /** Tokens left in the budget. */
  readonly budgetTokens: number;
}

/** Sent in observe mode: what policy would have done. */
export interface WouldHave extends EventBase {
  readonly type: "would_have";
  readonly what: "retried" | "expired" | "refused";
  readonly explanation: string;
}

/** Event of a call, as plain data, in order. */
export type CallEvent = AttemptStarted | AttemptFailed | Waiting | Done | WouldHave;

/**
 * Receives the events of all calls of a client. Its errors and rejections are ignored; it may
 * cancel the call or close the client, after which no further events are sent.
 */
export type Observer = (event: CallEvent) => void;

/** Facts of a call at its start. */
export interface CallInfo {
  readonly service: string;
  readonly method: string;
  readonly requestId: string;
  readonly tenant: string | undefined;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly protocol: Protocol;
}

/** Receiver of a call's events, for a span or a log. */
export interface CallSink {
  /**
   * Sets the headers of an attempt that carry its trace context; the attempt begins at `atMs` of
   * the call.
   */
  inject?(set: (name: string, value: string) => void, atMs: number): void;
  /** Receives the address of the peer of the last attempt. */
  peer?(address: string, port: number): void;
  event(event: CallEvent): unknown;
}
