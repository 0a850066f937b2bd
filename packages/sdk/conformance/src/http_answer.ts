import {
  create,
  type DescMessage,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { UniversalClientRequest } from "@connectrpc/connect/protocol";
import { codeFromString, codeToHttpStatus } from "@connectrpc/connect/protocol-connect";
import {
  type Answer,
  ConformanceResponseSchema,
  type ErrorAnswer,
  ListItemsResponseSchema,
} from "@ameideio/conformance-proto";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@ameideio/conformance-proto/google/rpc";

/** An answer as it goes over HTTP. */
export interface HttpResponse {
  readonly status: number;
  readonly header: Headers;
  readonly body: Uint8Array;
  readonly trailer: Headers;
}

/** Encodes an answer by the Connect protocol, in the format of the request. */
export function toHttp(answer: Answer, request: UniversalClientRequest): HttpResponse {
  const { status, type, body } = encode(answer.action, request);
  const header = new Headers();
  if (type !== "") {
    header.set("content-type", type);
  }
  for (const { name, value } of answer.headers) {
    header.append(name, value);
  }
  // Connect protocol, "Unary-Response": its trailers are headers with a prefix.
  const trailer = new Headers();
  for (const { name, value } of answer.trailers) {
    if (answer.action.case === "http") {
      trailer.append(name, value);
    } else {
      header.append(`trailer-${name}`, value);
    }
  }
  return { status, header, body, trailer };
}

function encode(
  action: Answer["action"],
  request: UniversalClientRequest,
): { status: number; type: string; body: Uint8Array } {
  switch (action.case) {
    case "ok":
      return message(request, ConformanceResponseSchema, { text: action.value });
    case "page": {
      const { items, nextPageToken } = action.value;
      return message(request, ListItemsResponseSchema, { items, nextPageToken });
    }
    case "error":
      return error(action.value);
    case "http": {
      const { status, contentType: type, body, bodyBytes, bodyZeros } = action.value;
      const bytes = bodyBytes.length > 0 ? bodyBytes : Buffer.from(body);
      return { status, type, body: bodyZeros > 0n ? new Uint8Array(Number(bodyZeros)) : bytes };
    }
    default:
      throw new Error("an answer of the script says nothing");
  }
}

function message<T extends DescMessage>(
  request: UniversalClientRequest,
  schema: T,
  init: MessageInitShape<T>,
) {
  const value = create(schema, init);
  const isJson =
    request.method === "GET"
      ? new URL(request.url).searchParams.get("encoding") === "json"
      : request.header.get("content-type") === "application/json";
  return isJson
    ? { status: 200, type: "application/json", body: Buffer.from(toJsonString(schema, value)) }
    : { status: 200, type: "application/proto", body: toBinary(schema, value) };
}

function error(answer: ErrorAnswer) {
  const { code, message: text, fieldViolations, errorInfo } = answer;
  const details = answer.details.map(({ type, value }) => encoded(type, value));
  if (answer.retryInfoMs !== undefined) {
    const ms = Number(answer.retryInfoMs);
    const seconds = Math.trunc(ms / 1_000);
    const retryDelay = { seconds: BigInt(seconds), nanos: (ms - seconds * 1_000) * 1_000_000 };
    details.push(detail(RetryInfoSchema, { retryDelay }));
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
  if (answer.requestId !== "") {
    details.push(detail(RequestInfoSchema, { requestId: answer.requestId }));
  }
  const known = codeFromString(code);
  const json = { code, ...(text && { message: text }), ...(details.length > 0 && { details }) };
  return {
    status: answer.status || (known === undefined ? 500 : codeToHttpStatus(known)),
    type: "application/json",
    body: Buffer.from(JSON.stringify(json)),
  };
}

function detail<T extends DescMessage>(schema: T, init: MessageInitShape<T>) {
  return encoded(schema.typeName, toBinary(schema, create(schema, init)));
}

function encoded(type: string, value: Uint8Array): { type: string; value: string } {
  return { type, value: base64Encode(value, "std_raw") };
}
