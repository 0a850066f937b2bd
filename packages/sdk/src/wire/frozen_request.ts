import type { UniversalClientRequest } from "@connectrpc/connect/protocol";
import { FrozenBody } from "./watched_body.js";
import { type AddressLimit, type PostedMessage, toPost } from "./get_request.js";
import type { WireShape } from "./wire_shape.js";

/** Request of attempt 1, which further attempts repeat byte for byte. */
export interface FrozenRequest {
  readonly url: string;
  readonly method: string;
  /** Headers of attempt 1; those about the encoding of the body apply to all. */
  readonly header: Headers;
  /** Only chunk of the body; undefined for GET. */
  readonly body: FrozenBody | undefined;
  /** Headers of a POST that was a GET. */
  readonly posted?: PostedMessage["header"];
}

/** State that the recordings of one call share. */
export interface FrozenHolder {
  frozen: FrozenRequest | undefined;
  readonly addresses: AddressLimit;
  /**
   * Time at which an attempt last lost its connection, or found it silent, by `performance.now()`.
   * Set by an HTTP client that reports it.
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
 * Makes further attempts send a GET as POST, and also later calls whose address is as long. Returns
 * false if it was not a GET.
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
