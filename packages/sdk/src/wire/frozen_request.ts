import type { UniversalClientRequest } from "@connectrpc/connect/protocol";
import { FrozenBody } from "./watched_body.js";
import { type AddressLimit, type PostedMessage, toPost } from "./get_request.js";
import type { WireShape } from "./wire_shape.js";

/** The request of attempt 1, replayed byte for byte by the others. */
export interface FrozenRequest {
  readonly url: string;
  readonly method: string;
  /** Headers of attempt 1, of which the encoding of the body holds for all. */
  readonly header: Headers;
  /** The one chunk of the body; undefined for GET. */
  readonly body: FrozenBody | undefined;
  /** Headers of a POST that was a GET. */
  readonly posted?: PostedMessage["header"];
}

/** Holds what the recordings of one call have in common. */
export interface FrozenHolder {
  frozen: FrozenRequest | undefined;
  readonly addresses: AddressLimit;
  /**
   * When an attempt lost its connection, or found it silent; of several, the last. By
   * `performance.now()`, and set by an HTTP client that tells.
   */
  lostMs: number | undefined;
}

/** Keeps the request of attempt 1. A GET whose address is too long becomes a POST. */
export function freeze(
  request: UniversalClientRequest,
  shape: WireShape,
  { maxLength }: AddressLimit,
): FrozenRequest {
  const { url, method, header, body } = request;
  return method === "GET" && url.length > maxLength
    ? freezeAsPost(request)
    : { url, method, header, body: body && new FrozenBody(body, shape.enveloped) };
}

function freezeAsPost(request: Pick<UniversalClientRequest, "url" | "header">): FrozenRequest {
  const { url, header, body } = toPost(request.url);
  return {
    url,
    method: "POST",
    header: request.header,
    body: new FrozenBody(body, false),
    posted: header,
  };
}

/**
 * Lets the attempts that follow send a GET as POST, and later calls, too, whose
 * address is as long. False where it was none.
 */
export function postInstead(holder: FrozenHolder): boolean {
  const { frozen, addresses } = holder;
  if (frozen?.method !== "GET") {
    return false;
  }
  addresses.maxLength = Math.min(addresses.maxLength, frozen.url.length - 1);
  holder.frozen = freezeAsPost(frozen);
  return true;
}
