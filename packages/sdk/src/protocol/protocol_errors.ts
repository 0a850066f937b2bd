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

/** Returns the error of a chunk that is no bytes: what sends the requests may be the caller's. */
export function notBytes(chunk: unknown): ConnectError | undefined {
  return ArrayBuffer.isView(chunk)
    ? undefined
    : protocolError(`transport: chunks have to be Uint8Array, not ${typeof chunk}`, Code.Internal);
}

/** Returns the error that the server put into its answer, recorded. */
export function statedError(error: ConnectError, recording: Recording | undefined): ConnectError {
  recording?.stated(error);
  return error;
}
