import { gzipSync } from "node:zlib";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { Packing } from "@ameideio/conformance-proto";
import type { Format, HttpResponse } from "./http_response.js";

const COMPRESSED = 1;

/** Compresses an answer: its body, or the content of its envelopes. */
export function packed(response: HttpResponse, packing: Packing, format: Format): HttpResponse {
  if (packing === Packing.UNSPECIFIED) {
    return response;
  }
  const { header, body } = response;
  if (packing !== Packing.UNTOLD_GZIP) {
    header.set(encodingHeader(format), "gzip");
  }
  const pack = (bytes: Uint8Array) =>
    packing === Packing.BROKEN_GZIP ? bytes : Uint8Array.from(gzipSync(bytes));
  const packedBody = body.map(({ bytes, ...part }) => ({
    ...part,
    bytes:
      bytes.length === 0
        ? bytes
        : format.enveloped
          ? encodeEnvelope((bytes[0] ?? 0) | COMPRESSED, pack(bytes.subarray(5)))
          : pack(bytes),
  }));
  return { ...response, body: packedBody };
}

function encodingHeader({ protocol, enveloped }: Format): string {
  if (protocol !== "connect") {
    return "grpc-encoding";
  }
  return enveloped ? "connect-content-encoding" : "content-encoding";
}
