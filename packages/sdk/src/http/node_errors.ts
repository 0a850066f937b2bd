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

/** Turns an error of Node.js into one with the code that Connect gives it, the error its cause. */
export function nodeError(reason: unknown): ConnectError {
  if (reason instanceof ConnectError) {
    return reason;
  }
  const codes = networkErrors(reason).map(({ code = "" }) => code);
  const has = (known: ReadonlySet<string>) => codes.some((code) => known.has(code));
  const code = has(LOST) ? Code.Aborted : has(UNREACHABLE) ? Code.Unavailable : Code.Internal;
  const error = ConnectError.from(reason, code);
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

/** Returns the error of a stream that was reset; undefined if the code says that all is well. */
export function resetError(rstCode: number): ConnectError | undefined {
  const code = RESETS.get(rstCode);
  return code === undefined
    ? undefined
    : new ConnectError(`http/2 stream closed with error code 0x${rstCode.toString(16)}`, code);
}
