import { gunzipSync } from "node:zlib";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import type { FetchFunction } from "@ameideio/ameide-sdk-ts";

/** Creates a `fetch` over an HTTP client in memory, with the behavior of Node's own. */
export function fetchOver(client: UniversalClientFn): FetchFunction {
  return async (url, { method = "GET", headers, body, signal }) => {
    const request = {
      url,
      method,
      header: new Headers(headers),
      signal: signal ?? new AbortController().signal,
      body: (body ?? undefined) && one(body as Uint8Array),
    };
    const response = await client(request as Parameters<UniversalClientFn>[0]).catch(
      (cause: unknown) => {
        throw failure("fetch failed", cause, signal);
      },
    );
    // An unknown coding, or none, is passed on as it is.
    const isGzip = /^(x-)?gzip$/i.test(response.header.get("content-encoding") ?? "");
    const decode = isGzip ? gunzipSync : undefined;
    const stream = streamOf(response.body, { decode, signal });
    return responseOf(response.status, response.header, stream);
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

// A request ended by its signal fails with the signal's reason.
function failure(message: string, cause: unknown, signal: AbortSignal | null | undefined): unknown {
  return signal?.aborted === true ? signal.reason : new TypeError(message, { cause });
}

interface Decoding {
  /** Decodes a whole body. */
  readonly decode: ((bytes: Uint8Array) => Uint8Array) | undefined;
  readonly signal: AbortSignal | null | undefined;
}

function streamOf(body: AsyncIterable<Uint8Array>, { decode, signal }: Decoding) {
  const bytes = (decode === undefined ? body : decoded(body, decode))[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await bytes.next();
          if (done === true) {
            controller.close();
          } else {
            controller.enqueue(value);
          }
        } catch (cause) {
          controller.error(failure("terminated", cause, signal));
        }
      },
      async cancel() {
        await bytes.return?.();
      },
    },
    // Reads only on demand.
    { highWaterMark: 0 },
  );
}

async function* decoded(
  body: AsyncIterable<Uint8Array>,
  decode: (bytes: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  yield decode(Buffer.concat(chunks));
}

// The constructor refuses statuses and bodies that a server may well send.
function responseOf(status: number, headers: Headers, body: ReadableStream<Uint8Array>): Response {
  const response = new Response(body, { headers });
  Object.defineProperty(response, "status", { value: status });
  return response;
}
