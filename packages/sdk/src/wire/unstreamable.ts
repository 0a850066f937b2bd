import { Code, ConnectError } from "@connectrpc/connect";
import { AmeideError } from "../errors/errors.js";

/** Creates the error STREAMING_UNSUPPORTED: nothing of the call is sent. */
export function unstreamable(text: string): AmeideError {
  const source = new ConnectError(text, Code.Unimplemented);
  return new AmeideError(source, { origin: "client", reason: "STREAMING_UNSUPPORTED" });
}
