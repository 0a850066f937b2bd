import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Limit } from "../policy/deadline.js";
import { retryInfoMs } from "../errors/details.js";
import { readHint } from "../policy/server_hints.js";
import { type AbortCause, type Failure, toFailure } from "../policy/failure.js";
import type { ErrorBounds, PolicyConstants } from "../policy/policy.js";
import { isStrangers, networkMessage, strangersMessage } from "../wire/network_message.js";
import type { CallInfo } from "../telemetry/observer.js";
import type { Recording } from "../wire/recorder.js";

/** One attempt of a call. */
export interface Attempt {
  /** Number of the attempt, counted from 1 as sent. */
  readonly number: number;
  readonly startedMs: number;
  /**
   * Time at which it reached the attempt interceptor; undefined before, and if there is no such
   * interceptor.
   */
  enteredMs: number | undefined;
  /** True if nothing can delay it on the way to the attempt interceptor. */
  readonly atOnce: boolean;
  readonly recording: Recording;
  /** End of the limit that the server was told, and which limit that is. */
  dueMs: number;
  dueCause: Limit;
  /** Why the SDK ended it; undefined while it runs, or if it ended by itself. */
  abortCause: AbortCause | undefined;
  /** Error that the SDK ended it with, once it has. */
  abortError: ConnectError | undefined;
  /** Ends the inner request; set once there is one that can be ended. */
  abort: ((reason: ConnectError) => void) | undefined;
  /** Failure that came from below the users' interceptors. */
  innerError: ConnectError | undefined;
  /** True once it is over: later news is ignored. */
  over: boolean;
}

/** Creates an attempt that begins now. */
export function createAttempt(
  number: number,
  startedMs: number,
  { atOnce, recording }: Pick<Attempt, "atOnce" | "recording">,
): Attempt {
  return {
    number,
    startedMs,
    enteredMs: undefined,
    atOnce,
    recording,
    dueMs: Infinity,
    dueCause: "deadline",
    abortCause: undefined,
    abortError: undefined,
    abort: undefined,
    innerError: undefined,
    over: false,
  };
}

/** Why a call ends when its signal fires: `AbortSignal.timeout` counts as the deadline. */
export function causeOfSignal(reason: unknown): "deadline" | "canceled" {
  const timedOut = reason instanceof Error && reason.name === "TimeoutError";
  return timedOut ? "deadline" : "canceled";
}

/** Creates the error of an attempt that the SDK ended. */
export function abortError(abortCause: AbortCause, message: string, cause: unknown): ConnectError {
  const code = abortCause === "canceled" ? Code.Canceled : Code.DeadlineExceeded;
  const error = new ConnectError(message, code);
  error.cause = cause;
  return error;
}

/** Returns a signal that fires when the attempt is ended. */
export function signalOf(attempt: Attempt): AbortSignal {
  const controller = new AbortController();
  attempt.abort = (reason) => controller.abort(reason);
  return controller.signal;
}

/**
 * Keeps the error that an attempt got from below all interceptors: the one that the server put into
 * its answer, or else this.
 */
export function readInner(
  attempt: Attempt,
  error: ConnectError,
  then: (error: ConnectError) => void,
): void {
  const keep = (inner: ConnectError) => {
    attempt.innerError = inner;
    then(inner);
  };
  const read = attempt.recording.readError(error);
  if (read instanceof Promise) {
    void read.then(keep);
  } else {
    keep(read);
  }
}

/** Collects all that is known of a failed attempt. */
export function failureOf(
  attempt: Attempt,
  error: ConnectError,
  wallNowMs: number,
  bounds: ErrorBounds,
): Failure {
  const { recording } = attempt;
  const responded = recording.status !== undefined;
  return toFailure({
    abortCause: attempt.abortCause,
    // An interceptor's own error did not come from below it.
    local: error !== attempt.innerError,
    network: recording.network(),
    status: recording.status,
    good: recording.good,
    wireError: recording.wireError !== undefined,
    reached: recording.reached,
    waits: recording.waits,
    sentAgain: recording.sentAgain,
    unread: recording.unread,
    endedEarly: recording.endedEarly(),
    runtimeCode: codeToString(error.code),
    hint: responded
      ? readHint({
          // Connect keeps the trailers of a body with the error.
          get: (name) => recording.get(name) ?? error.metadata.get(name),
          retryInfoMs: retryInfoMs(error, { ...bounds, secrets: [] }),
          wallNowMs,
        })
      : undefined,
  });
}

/**
 * Returns the error of an attempt. If the connection failed, or the answer speaks no protocol that
 * the SDK knows, it says what happened and where.
 *
 * @param url - Address of the request.
 */
export function toldOf(
  attempt: Attempt,
  error: ConnectError,
  peer: Peer,
  url: string,
): ConnectError {
  const { broken } = attempt.recording;
  // Connect's own transports leave the message of an AggregateError empty.
  const untold = error.rawMessage === "" ? error.cause : undefined;
  const reason = broken === undefined ? untold : broken.reason;
  if (attempt.abortCause !== undefined) {
    return error;
  }
  if ((broken ?? reason) === undefined) {
    // An interceptor's own error is not an answer.
    const isAnswer = error === attempt.innerError && isStrangers(attempt.recording, error);
    return isAnswer
      ? toldAs(strangersMessage(error.rawMessage, attempt.recording, url), error, error.cause)
      : error;
  }
  const where = `${peer.serverAddress}:${peer.serverPort}`;
  return toldAs(networkMessage(reason, where), error, error.cause ?? reason);
}

function toldAs(message: string, error: ConnectError, cause: unknown): ConnectError {
  const told = new ConnectError(message, error.code, error.metadata);
  told.details = error.details;
  told.cause = cause;
  return told;
}

/** Address that a call goes to. */
type Peer = Pick<CallInfo, "serverAddress" | "serverPort">;

/** Does the same for a custom transport: without a recorder, only the code tells. */
export function customFailureOf(
  attempt: Attempt,
  error: ConnectError,
  wallNowMs: number,
  bounds: ErrorBounds,
): Failure {
  const code = codeToString(error.code);
  return {
    ...toFailure({
      abortCause: attempt.abortCause,
      local: false,
      status: undefined,
      good: true,
      wireError: true,
      reached: "maybe",
      waits: false,
      sentAgain: false,
      unread: false,
      endedEarly: false,
      runtimeCode: code,
    }),
    ...(attempt.abortCause === undefined && {
      // A server's error and a lost connection look alike here.
      origin: "server",
      sent: code === "unavailable" ? "maybe" : "yes",
      hint: readHint({
        get: (name) => error.metadata.get(name),
        retryInfoMs: retryInfoMs(error, { ...bounds, secrets: [] }),
        wallNowMs,
      }),
    }),
  };
}

/**
 * Creates the reason to end an inner request with that nobody waits for any more. Its code is
 * canceled, so that an HTTP/2 stream is reset with CANCEL.
 */
export function abortReason(cause?: ConnectError): ConnectError {
  const text = cause === undefined ? "the attempt is over" : cause.rawMessage;
  return new ConnectError(text, Code.Canceled, undefined, undefined, cause);
}

/**
 * Reports whether the server ended an attempt because its time was over, which gRPC servers do by a
 * reset. A server is told whole milliseconds, rounded down, so its time may be over a little before
 * ours.
 */
export function isServersTimeout(
  { dueMs, recording }: Attempt,
  nowMs: number,
  { minWireTimeoutMs }: PolicyConstants,
): boolean {
  return recording.canceledByServer && nowMs > dueMs - minWireTimeoutMs;
}
