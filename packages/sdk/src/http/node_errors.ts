import { Code, ConnectError } from "@connectrpc/connect";
import { networkErrors } from "../errors/network_errors.js";
import { HTTP2_CODES } from "./http2_codes.js";

const LOST: ReadonlySet<string> = new Set([
  "ERR_STREAM_WRITE_AFTER_END",
  "ERR_STREAM_DESTROYED",
  "ERR_HTTP2_INVALID_STREAM",
  "ECONNRESET",
]);
const UNREACHABLE: ReadonlySet<string> = new Set([
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
]);
// Node's texts for a connection that ends within an exchange, before the head of the answer and after.
const ENDED: ReadonlySet<string> = new Set(["socket hang up", "aborted"]);
const UNDER_WAY = "the connection ended while the call was under way";

/** Turns an error of Node.js into one with the code that Connect gives it, the error its cause. */
export function nodeError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) {
    return reason;
  }
  const ended = reason instanceof Error && ENDED.has(reason.message);
  const codes = networkErrors(reason).map(({ code = "" }) => code);
  const has = (known: ReadonlySet<string>) => codes.some((code) => known.has(code));
  const code = has(LOST) ? Code.Aborted : has(UNREACHABLE) ? Code.Unavailable : Code.Internal;
  const error = ended ? new ConnectError(UNDER_WAY, code) : ConnectError.from(reason, code);
  error.cause = reason;
  return error;
}

// gRPC over HTTP/2, "HTTP2 Transport Mapping". STREAM_CLOSED has no code there.
const RESETS: ReadonlyMap<number, Code> = /* @__PURE__ */ new Map<number, Code>([
  [HTTP2_CODES.PROTOCOL_ERROR, Code.Internal],
  [HTTP2_CODES.INTERNAL_ERROR, Code.Internal],
  [HTTP2_CODES.FLOW_CONTROL_ERROR, Code.Internal],
  [HTTP2_CODES.SETTINGS_TIMEOUT, Code.Internal],
  [HTTP2_CODES.FRAME_SIZE_ERROR, Code.Internal],
  [HTTP2_CODES.COMPRESSION_ERROR, Code.Internal],
  [HTTP2_CODES.CONNECT_ERROR, Code.Internal],
  [HTTP2_CODES.REFUSED_STREAM, Code.Unavailable],
  [HTTP2_CODES.CANCEL, Code.Canceled],
  [HTTP2_CODES.ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  [HTTP2_CODES.INADEQUATE_SECURITY, Code.PermissionDenied],
  [HTTP2_CODES.HTTP_1_1_REQUIRED, Code.PermissionDenied],
]);

/**
 * Returns the error of a stream that was reset; undefined if the code says that all is well.
 *
 * @param ended - True if its connection has ended, which Node takes for a reset with CANCEL.
 */
export function resetError(rstCode: number, ended: boolean): ConnectError | undefined {
  const code = RESETS.get(rstCode);
  if (code === undefined) {
    return undefined;
  }
  return ended && code === Code.Canceled
    ? new ConnectError(UNDER_WAY, code)
    : new ConnectError(`http/2 stream closed with error code 0x${rstCode.toString(16)}`, code);
}
