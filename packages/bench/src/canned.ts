import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { endStreamFlag } from "@connectrpc/connect/protocol-connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";

/** Answer to every request. */
export interface CannedAnswer {
  readonly contentType: string;
  readonly chunks: readonly Uint8Array[];
}

/**
 * Creates an HTTP client that answers with canned bytes, and does as little as an HTTP client can:
 * it takes the request's body, and creates headers and a body for each answer, since their reader
 * may keep them.
 */
export function cannedClient({ contentType, chunks }: CannedAnswer): UniversalClientFn {
  const fields: [string, string][] = [["content-type", contentType]];
  return async (request) => {
    if (request.body !== undefined) {
      const iterator = request.body[Symbol.asyncIterator]();
      while ((await iterator.next()).done !== true) {}
    }
    return {
      status: 200,
      header: new Headers(fields),
      body: {
        [Symbol.asyncIterator]() {
          let at = 0;
          return {
            next: () => {
              const value = chunks[at++];
              return Promise.resolve(
                value === undefined ? { done: true, value: undefined } : { done: false, value },
              );
            },
            // Connect ends a body by this method.
            throw: (reason: unknown) => Promise.reject(reason),
          };
        },
      },
      trailer: new Headers(),
    };
  };
}

/** A stream of the Connect protocol: each message in a chunk of its own, and its end. */
export function streamAnswer(messages: readonly Uint8Array[]): CannedAnswer {
  const end = encodeEnvelope(endStreamFlag, new TextEncoder().encode("{}"));
  return {
    contentType: "application/connect+proto",
    chunks: [...messages.map((message) => encodeEnvelope(0, message)), end],
  };
}
