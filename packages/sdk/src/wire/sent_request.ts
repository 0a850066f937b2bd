import type { UniversalClientRequest } from "@connectrpc/connect/protocol";
import type { SentBody } from "./watched_body.js";

/** Returns a request with another body. Its signal is read when somebody asks for it. */
export function sentRequest(
  request: UniversalClientRequest,
  { url, method, body }: { url: string; method: string; body: SentBody | undefined },
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
