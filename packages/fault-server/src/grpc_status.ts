import { type ErrorAnswer, Malformed } from "@ameideio/conformance-proto";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type Detail, detailsOf, messageOf } from "./connect_error.js";
import { ScriptError } from "./rules.js";
import type { Header } from "./script.js";

/** Numbers of the codes, in order from 1 (gRPC, statuscodes.md). */
const CODES = [
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];

/**
 * Returns the end of a call in the form of gRPC: `grpc-status`, and for an error `grpc-message` and
 * `grpc-status-details-bin`.
 *
 * @throws ScriptError for a code without a gRPC number, and for a stated HTTP status.
 */
export function grpcStatus(error: ErrorAnswer | undefined, path: string): Header[] {
  if (error === undefined) {
    return [["grpc-status", "0"]];
  }
  const code = CODES.indexOf(error.code) + 1;
  if (code === 0) {
    throw new ScriptError(`${path}.error.code`, `gRPC knows no ${error.code}`);
  }
  if (error.status !== 0) {
    throw new ScriptError(`${path}.error.status`, "is for unary calls of Connect: here it is 200");
  }
  const details = detailsOf(error);
  const { malformed } = error;
  const message = messageOf(error);
  return [
    ["grpc-status", String(code)],
    ["grpc-message", encodeURIComponent(message) + (malformed === Malformed.MESSAGE ? "%zz" : "")],
    ...(malformed === Malformed.DETAILS
      ? [["grpc-status-details-bin", NO_STATUS] as const]
      : details.length > 0 || malformed === Malformed.DETAIL
        ? [["grpc-status-details-bin", status(code, error, details)] as const]
        : []),
  ];
}

const NO_STATUS = Buffer.from("no Status").toString("base64");

/** Encodes a google.rpc.Status, base64 without padding. */
function status(code: number, error: ErrorAnswer, details: readonly Detail[]): string {
  const message = messageOf(error);
  const writer = new BinaryWriter().uint32(8).int32(code);
  if (error.malformed === Malformed.DETAIL) {
    writer.uint32(26).bytes(Uint8Array.of(0xff, 0xff));
  }
  if (message !== "") {
    writer.uint32(18).string(message);
  }
  for (const { type, value } of details) {
    const any = new BinaryWriter().uint32(10).string(`type.googleapis.com/${type}`);
    writer.uint32(26).bytes(any.uint32(18).bytes(value).finish());
  }
  return Buffer.from(writer.finish()).toString("base64").replace(/=+$/, "");
}
