import { Code, ConnectError } from "@connectrpc/connect";
import type { Recording } from "../wire/recorder.js";

/** Creates the error of a message that is larger than the caller reads. */
export function tooLarge(bytes: number, maxBytes: number): ConnectError {
  return new ConnectError(
    `the message has ${bytes} bytes or more, and readMaxBytes allows ${maxBytes}`,
    Code.ResourceExhausted,
  );
}

/** Creates the error of what breaks the protocol. */
export function protocolError(text: string, code: Code): ConnectError {
  return new ConnectError(`protocol error: ${text}`, code);
}

/**
 * Refuses a chunk of an answer that is no bytes: what sends the requests may be the caller's.
 *
 * @throws ConnectError `internal`.
 */
export function demandBytes(chunk: unknown): void {
  if (!ArrayBuffer.isView(chunk)) {
    const what = typeof chunk === "object" ? "another object" : `a ${typeof chunk}`;
    throw new ConnectError(
      `the body of an answer must have chunks of bytes (Uint8Array), has ${what}: see the option transport`,
      Code.Internal,
    );
  }
}

/** Returns the error that the server put into its answer, recorded. */
export function statedError(error: ConnectError, recording: Recording | undefined): ConnectError {
  recording?.stated(error);
  return error;
}
