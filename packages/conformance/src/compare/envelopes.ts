import { fromBinary, fromJsonString } from "@bufbuild/protobuf";
import { ConformanceRequestSchema, type SeenRequest } from "@ameideio/conformance-proto";

/**
 * Returns the texts of the messages of a request in envelopes: a byte of flags, the length in four
 * bytes, big-endian, then the message (Connect protocol, gRPC over HTTP/2). An unreadable message
 * is replaced by a note.
 */
export function textsOf({ body, headers }: Pick<SeenRequest, "body" | "headers">): string[] {
  const type = headers.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "";
  const texts: string[] = [];
  for (let at = 0; at < body.length;) {
    const head = new DataView(body.buffer, body.byteOffset + at, body.length - at);
    const length = head.byteLength < 5 ? Number.POSITIVE_INFINITY : head.getUint32(1);
    if (length > head.byteLength - 5) {
      return [...texts, "half an envelope"];
    }
    texts.push(textOf(body.subarray(at + 5, at + 5 + length), type.endsWith("json")));
    at += 5 + length;
  }
  return texts;
}

function textOf(message: Uint8Array, json: boolean): string {
  try {
    const { text } = json
      ? fromJsonString(ConformanceRequestSchema, new TextDecoder().decode(message))
      : fromBinary(ConformanceRequestSchema, message);
    return text;
  } catch {
    return "no message";
  }
}
