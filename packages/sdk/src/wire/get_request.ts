import { base64Decode } from "@bufbuild/protobuf/wire";

/**
 * The longest address a client puts a message into, in characters. Shared by all
 * clients of an origin: a server or a proxy that refuses a shorter one is not
 * asked for one as long again.
 */
export interface AddressLimit {
  maxLength: number;
}

/** What of a request is on the wire, beside its headers. */
export interface PostedMessage {
  readonly url: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Headers that a GET has no need of. */
  readonly header: readonly (readonly [name: string, value: string])[];
}

/** The message of a GET, for a POST (Connect protocol, "Unary-Get-Request"). */
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
