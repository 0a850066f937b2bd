import type { Origin, Sent } from "../policy/failure.js";
import type { Protocol } from "../policy/policy.js";
import type { RetryClass, StopReason } from "../policy/retry.js";

/** What every event says. */
export interface EventBase {
  /** Full name of the method: `acme.v1.Billing/Charge`. */
  readonly method: string;
  /** Id of the call, the same in all its events. */
  readonly requestId: string;
  /** Milliseconds since the call began. */
  readonly atMs: number;
}

/** An attempt goes out. */
export interface AttemptStarted extends EventBase {
  readonly type: "attempt_started";
  /** Counts what is sent, from 1. */
  readonly attempt: number;
  /** What the attempt may take, as on the wire; undefined for no limit. */
  readonly timeoutMs: number | undefined;
  /** The key as it is sent, to find by it what the server did. No log and no span has it. */
  readonly idempotencyKey: string | undefined;
  /** Request headers, values outside the allow-list replaced by `REDACTED`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An attempt failed. */
export interface AttemptFailed extends EventBase {
  readonly type: "attempt_failed";
  readonly attempt: number;
  /** In Connect's spelling. */
  readonly code: string;
  readonly class: RetryClass;
  readonly origin: Origin;
  readonly sent: Sent;
  readonly message: string;
  readonly httpStatus: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly durationMs: number;
  /** The wait after it; undefined if none follows. */
  readonly delayMs: number | undefined;
  /** Why none follows; undefined if one does. */
  readonly stopReason: StopReason | undefined;
  /** The fact that decided, in words. */
  readonly explanation: string;
}

/** Another attempt follows, after a wait. */
export interface Waiting extends EventBase {
  readonly type: "waiting";
  readonly delayMs: number;
  readonly class: RetryClass;
  /**
   * A transparent retry, the replay with a new token or as POST, or a counted one. One
   * of `waitForReady` is transparent, with a wait.
   */
  readonly kind: "transparent" | "replay" | "retry";
  /** Tokens left in the budget. */
  readonly budgetTokens: number;
}

/** The call is over. */
export interface Done extends EventBase {
  readonly type: "done";
  /** Undefined if the call ended well. */
  readonly code: string | undefined;
  /** That of the error; undefined if the call ended well. */
  readonly message: string | undefined;
  readonly stopReason: StopReason | undefined;
  /** Attempts that went out. */
  readonly attempts: number;
  readonly durationMs: number;
  /** Sum of the waits between attempts. */
  readonly retryDelayMs: number;
  /** Tokens left in the budget. */
  readonly budgetTokens: number;
}

/** In observe mode: what policy would have done. */
export interface WouldHave extends EventBase {
  readonly type: "would_have";
  readonly what: "retried" | "expired" | "refused";
  readonly explanation: string;
}

/** What happens in a call, in order, as plain data. */
export type CallEvent = AttemptStarted | AttemptFailed | Waiting | Done | WouldHave;

/**
 * Gets the events of all calls of a client. What it throws, or rejects with, is ignored;
 * it may cancel the call or close the client, and what follows is not sent.
 */
export type Observer = (event: CallEvent) => void;

/** What is known of a call when it begins. */
export interface CallInfo {
  readonly service: string;
  readonly method: string;
  readonly requestId: string;
  readonly tenant: string | undefined;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly protocol: Protocol;
}

/** What a span or log of one call is made from. */
export interface CallSink {
  /** Sets the headers of an attempt that carry its trace context; it begins at `atMs` of the call. */
  inject?(set: (name: string, value: string) => void, atMs: number): void;
  /** Address of the peer of the last attempt. */
  peer?(address: string, port: number): void;
  event(event: CallEvent): unknown;
}
