import { Code, ConnectError } from "@connectrpc/connect";

/** Creates the error of a message that is larger than the caller reads. */
export function tooLarge(bytes: number, maxBytes: number): ConnectError {
  return new ConnectError(
    `the message has ${bytes} bytes or more, and readMaxBytes allows ${maxBytes}`,
    Code.ResourceExhausted,
  );
}
