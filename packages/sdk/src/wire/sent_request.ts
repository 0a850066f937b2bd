import type { UniversalClientRequest } from "@connectrpc/connect/protocol";

/** What may differ from the request that it is made of. */
interface Changes {
  readonly url: string;
  readonly method: string;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

/**
 * Returns a request for an HTTP client, which may spread it. Its signal is read when somebody asks for
 * it.
 */
export function sentRequest(
  request: UniversalClientRequest,
  { url, method, body }: Changes,
): UniversalClientRequest {
  return {
    url,
    method,
    header: request.header,
    get signal() {
      return request.signal;
    },
    body,
  } as UniversalClientRequest;
}
