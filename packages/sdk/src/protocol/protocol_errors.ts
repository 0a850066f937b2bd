import { Code, ConnectError } from "@connectrpc/connect";

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
