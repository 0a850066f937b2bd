import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import type { ErrorAnswer } from "@ameideio/conformance-proto";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@ameideio/conformance-proto/google/rpc";
import { malformedJson } from "./malformed.js";

/** Returns an error in the JSON form of the Connect protocol. */
export function errorJson(answer: ErrorAnswer): object {
  const details = detailsOf(answer).map(({ type, value }) => ({
    type,
    value: base64Encode(value, "std_raw"),
  }));
  const { code } = answer;
  const message = messageOf(answer);
  const json = { code, ...(message && { message }), ...(details.length > 0 && { details }) };
  return malformedJson(json, answer);
}

/** Returns an error in Connect's in-memory form, from which gRPC's wire form is made. */
export function connectError(answer: ErrorAnswer): ConnectError {
  const code = codeFromString(answer.code);
  if (code === undefined) {
    throw new Error(`gRPC knows no code ${answer.code}`);
  }
  const error = new ConnectError(messageOf(answer), code);
  error.details = detailsOf(answer);
  return error;
}

function messageOf({ message, messageTimes }: ErrorAnswer): string {
  return message.repeat(messageTimes || 1);
}

function detailsOf(answer: ErrorAnswer): { type: string; value: Uint8Array }[] {
  const { errorInfo, fieldViolations, retryInfoMs, requestId } = answer;
  const details = answer.details.flatMap(({ type, value, valueTimes, times }) => {
    const bytes = new Uint8Array(Buffer.concat(Array(valueTimes || 1).fill(value)));
    return Array.from({ length: times || 1 }, () => ({ type, value: bytes }));
  });
  if (retryInfoMs !== undefined) {
    details.push(detail(RetryInfoSchema, { retryDelay: durationFromMs(Number(retryInfoMs)) }));
  }
  if (errorInfo !== undefined) {
    const { reason, domain, metadata } = errorInfo;
    details.push(detail(ErrorInfoSchema, { reason, domain, metadata }));
  }
  if (fieldViolations.length > 0) {
    const violations = fieldViolations.map(({ name, value }) => ({
      field: name,
      description: value,
    }));
    details.push(detail(BadRequestSchema, { fieldViolations: violations }));
  }
  if (requestId !== "") {
    details.push(detail(RequestInfoSchema, { requestId }));
  }
  return details;
}

function detail<T extends DescMessage>(schema: T, init: MessageInitShape<T>) {
  return { type: schema.typeName, value: toBinary(schema, create(schema, init)) };
}
