import { base64Decode } from "@bufbuild/protobuf/wire";

/**
 * Longest address that a client puts a message into, in characters. Shared by all clients of an
 * origin: after a server or proxy has refused an address, none as long is sent to it.
 */
export interface AddressLimit {
  maxLength: number;
}

/** Parts of a request on the wire, besides its headers. */
export interface PostedMessage {
  readonly url: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Headers that a GET does not need. */
  readonly header: readonly (readonly [name: string, value: string])[];
}

/** Returns the message of a GET as a POST (Connect protocol, "Unary-Get-Request"). */
export function toPost(url: string): PostedMessage {
  const { origin, pathname, searchParams: query } = new URL(url);
  const message = query.get("message") ?? "";
  const coding = query.get("compression");
  const header: [string, string][] = [
    ["content-type", `application/${query.get("encoding")}`],
    ["connect-protocol-version", "1"],
  ];
  if (coding !== null) {
    header.push(["content-encoding", coding]);
  }
  const bytes = query.has("base64") ? base64Decode(message) : new TextEncoder().encode(message);
  return { url: origin + pathname, body: one(bytes), header };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
