import { type ErrorAnswer, Malformed } from "@ameideio/conformance-proto";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@ameideio/conformance-proto/google/rpc";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ScriptError } from "./rules.js";
import type { Respond } from "./script.js";

/**
 * Returns an error in the JSON of the Connect protocol, details in the order RetryInfo, ErrorInfo,
 * BadRequest, RequestInfo, any other.
 */
export function connectErrorJson(error: ErrorAnswer): Record<string, unknown> {
  const details = detailsOf(error).map(({ type, value }) => ({
    type,
    value: Buffer.from(value).toString("base64").replace(/=+$/, ""),
  }));
  const message = messageOf(error);
  const { malformed } = error;
  const bad = { type: "google.rpc.ErrorInfo", value: "no base64!" };
  const all = malformed === Malformed.DETAIL ? [bad, ...details] : details;
  return {
    code: error.code,
    ...(message !== "" && { message }),
    ...(malformed === Malformed.MESSAGE && { message: 14 }),
    ...(all.length > 0 && { details: all }),
    ...(malformed === Malformed.DETAILS && { details: "none" }),
  };
}

/** HTTP status by code (https://connectrpc.com/docs/protocol, Error Codes). */
const HTTP_STATUS: Readonly<Record<string, number>> = {
  canceled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
};

/** Detail in its wire form. */
export interface Detail {
  readonly type: string;
  readonly value: Uint8Array;
}

/**
 * Returns an error of a unary call in the form of the Connect protocol.
 *
 * @throws ScriptError if the protocol has no such code and no status is stated.
 */
export function toConnectError(
  error: ErrorAnswer,
  path: string,
): Pick<Respond, "status" | "headers" | "body"> {
  const status = error.status === 0 ? HTTP_STATUS[error.code] : error.status;
  if (status === undefined) {
    const rule = `the Connect protocol knows no ${error.code}, so its status must be stated`;
    throw new ScriptError(`${path}.error.code`, rule);
  }
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: { json: connectErrorJson(error) },
  };
}

/** Returns the text of an error. */
export function messageOf({ message, messageTimes }: ErrorAnswer): string {
  return message.repeat(messageTimes || 1);
}

/** Returns the details of an error, in their order. */
export function detailsOf(error: ErrorAnswer): Detail[] {
  const { retryInfoMs, errorInfo, fieldViolations, requestId, details } = error;
  const all: Detail[] = [];
  if (retryInfoMs !== undefined) {
    all.push(detail(RetryInfoSchema, { retryDelay: durationFromMs(Number(retryInfoMs)) }));
  }
  if (errorInfo !== undefined) {
    const { reason, domain, metadata } = errorInfo;
    all.push(detail(ErrorInfoSchema, { reason, domain, metadata }));
  }
  if (fieldViolations.length > 0) {
    const violations = fieldViolations.map(({ name, value }) => ({
      field: name,
      description: value,
    }));
    all.push(detail(BadRequestSchema, { fieldViolations: violations }));
  }
  if (requestId !== "") {
    all.push(detail(RequestInfoSchema, { requestId }));
  }
  const others = details.flatMap(({ type, value, valueTimes, times }) => {
    const bytes = new Uint8Array(Buffer.concat(Array<Uint8Array>(valueTimes || 1).fill(value)));
    return Array.from({ length: times || 1 }, () => ({ type, value: bytes }));
  });
  return [...all, ...others];
}

function detail<D extends DescMessage>(desc: D, fields: MessageInitShape<D>): Detail {
  return { type: desc.typeName, value: toBinary(desc, create(desc, fields)) };
}
