import { gzipSync } from "node:zlib";
import type { UniversalClientRequest } from "@connectrpc/connect/protocol";
import { codeFromString, codeToHttpStatus } from "@connectrpc/connect/protocol-connect";
import type { Answer } from "@ameideio/conformance-proto";
import { inEnvelopes } from "./enveloped_answer.js";
import { errorJson } from "./error_answer.js";
import { type Format, type HttpResponse, messageOf } from "./http_response.js";
import { packed } from "./packing.js";

/** Encodes an answer by the protocol of the request, in its format. */
export function toHttp(answer: Answer, request: UniversalClientRequest): HttpResponse {
  const format = formatOf(request);
  const { header, ...response } =
    answer.action.case === "http"
      ? raw(answer.action.value, answer)
      : packed(
          format.enveloped ? inEnvelopes(answer, format) : unary(answer, format),
          answer.packing,
          format,
        );
  for (const { name, value } of answer.headers) {
    header.append(name, value);
  }
  return compressed(answer, { ...response, header });
}

function compressed({ contentCoding }: Answer, response: HttpResponse): HttpResponse {
  if (contentCoding === "") {
    return response;
  }
  if (contentCoding !== "gzip") {
    throw new Error(`no body is compressed by ${contentCoding}`);
  }
  const bytes = gzipSync(Buffer.concat(response.body.map((part) => part.bytes)));
  response.header.set("content-encoding", contentCoding);
  response.header.set("content-length", String(bytes.length));
  return { ...response, body: [{ bytes }] };
}

// The message of a GET is in its query; other requests state the format by their media type.
function formatOf({ header, method, url }: UniversalClientRequest): Format {
  if (method === "GET") {
    const json = new URL(url).searchParams.get("encoding") === "json";
    return { protocol: "connect", json, enveloped: false };
  }
  const type = /^application\/(connect\+|grpc-web\+?|grpc\+?)?(json|proto)?$/.exec(
    header.get("content-type") ?? "",
  );
  const name = type?.[1]?.replace("+", "") ?? "connect";
  return {
    protocol: name as Format["protocol"],
    json: type?.[2] === "json",
    enveloped: type?.[1] !== undefined,
  };
}

function raw(answer: (Answer["action"] & { case: "http" })["value"], { trailers }: Answer) {
  const { status, contentType, body, bodyBytes, bodyZeros } = answer;
  const text = bodyBytes.length > 0 ? bodyBytes : Buffer.from(body);
  const bytes = bodyZeros > 0n ? new Uint8Array(Number(bodyZeros)) : text;
  const header = new Headers(contentType === "" ? [] : [["content-type", contentType]]);
  const trailer = new Headers(trailers.map(({ name, value }) => [name, value]));
  return { status, header, body: [{ bytes }], trailer };
}

function unary({ action, trailers }: Answer, { json }: Format) {
  const { status, bytes, type } = unaryBody(action, json);
  const header = new Headers({ "content-type": type });
  // Connect protocol, "Unary-Response": its trailers are headers with a prefix.
  for (const { name, value } of trailers) {
    header.append(`trailer-${name}`, value);
  }
  return { status, header, body: [{ bytes }], trailer: new Headers() };
}

function unaryBody(action: Answer["action"], json: boolean) {
  const type = json ? "application/json" : "application/proto";
  switch (action.case) {
    case "ok":
    case "page":
      return { status: 200, type, bytes: messageOf(action, json) };
    case "error": {
      const known = codeFromString(action.value.code);
      return {
        status: action.value.status || (known === undefined ? 500 : codeToHttpStatus(known)),
        type: "application/json",
        bytes: Buffer.from(JSON.stringify(errorJson(action.value))),
      };
    }
    default:
      throw new Error("an answer of the script is none to a unary call");
  }
}
