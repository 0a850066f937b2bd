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
  /** Counts what is sent, from 1. */
  readonly number: number;
  readonly startedMs: number;
  /** When it reached the attempt interceptor; undefined before, and where there is none. */
  enteredMs: number | undefined;
  /** Nothing can delay it on the way to the attempt interceptor. */
  readonly atOnce: boolean;
  readonly recording: Recording;
  /** When the limit that the server was told is over, and what it ends. */
  dueMs: number;
  dueCause: Limit;
  /** Why we ended it; undefined while it runs or ended by itself. */
  abortCause: AbortCause | undefined;
  /** What the attempt is to fail with, once the inner request has ended for `abortCause`. */
  abortError: ConnectError | undefined;
  /** Ends the inner request; set once it has reached the attempt interceptor. */
  abort: ((reason: ConnectError) => void) | undefined;
  /** The failure that came from below the users' interceptors. */
  innerError: ConnectError | undefined;
  /** The attempt is over; what comes later is ignored. */
  over: boolean;
}

/** An attempt that begins. */
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

/** The error of what we ended. */
export function abortError(abortCause: AbortCause, message: string, cause: unknown): ConnectError {
  const code = abortCause === "canceled" ? Code.Canceled : Code.DeadlineExceeded;
  const error = new ConnectError(message, code);
  error.cause = cause;
  return error;
}

/** Puts together all that is known of a failed attempt. */
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
    // What an interceptor throws is not what came from below it.
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
          // Connect keeps the trailers that stand in a body with the error.
          get: (name) => recording.get(name) ?? error.metadata.get(name),
          retryInfoMs: retryInfoMs(error, { ...bounds, secrets: [] }),
          wallNowMs,
        })
      : undefined,
  });
}

/**
 * The error of an attempt; where the connection failed, or what answered speaks no
 * protocol of ours, it says what happened and where.
 *
 * @param url - What was asked for.
 */
export function toldOf(
  attempt: Attempt,
  error: ConnectError,
  peer: Peer,
  url: string,
): ConnectError {
  const { broken } = attempt.recording;
  // Connect's own transports say nothing of an error that stands for several.
  const untold = error.rawMessage === "" ? error.cause : undefined;
  const reason = broken === undefined ? untold : broken.reason;
  if (attempt.abortCause !== undefined) {
    return error;
  }
  if ((broken ?? reason) === undefined) {
    // What an interceptor throws is its own.
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

/** Whom a call is for. */
type Peer = Pick<CallInfo, "serverAddress" | "serverPort">;

/**
 * The same for a custom transport: there is no recorder, and the
 * code has to tell.
 */
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

/** Ends an inner request. Of code canceled, so that an HTTP/2 stream is reset with CANCEL. */
export function abortReason(): ConnectError {
  return new ConnectError("the attempt is over", Code.Canceled);
}

/**
 * Whether the server ended an attempt because its time was over. gRPC servers do so
 * by a reset. They are told whole milliseconds, floored, so that theirs may be over
 * a little before ours.
 */
export function isServersTimeout(
  { dueMs, recording }: Attempt,
  nowMs: number,
  { minWireTimeoutMs }: PolicyConstants,
): boolean {
  return recording.canceledByServer && nowMs > dueMs - minWireTimeoutMs;
}
