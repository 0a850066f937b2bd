import type { UniversalClientResponse } from "@connectrpc/connect/protocol";
import { configError } from "../errors/errors.js";
import { contentCodings } from "../wire/media_type.js";

/** Content codings that a `fetch` decodes, or does not ask for. */
const DECODED: ReadonlySet<string> = new Set(["br", "deflate", "gzip", "zstd"]);

/**
 * Describes a `fetch` response by its bytes as they are now: `fetch` has decoded the body (Fetch,
 * "handle content codings"), while the headers still describe the bytes on the wire.
 *
 * @throws AmeideError CONFIG_INVALID if it is not a readable response, which can only come from a
 *   `fetch` that the user supplies.
 */
export function readAnswer(
  response: unknown,
  signal: AbortSignal | undefined,
): UniversalClientResponse {
  if (!isResponse(response)) {
    throw configError("fetch", "must resolve with a Response whose body was not read", response);
  }
  if (signal?.aborted === true) {
    // Not every fetch honors the signal.
    response.body?.cancel().catch(() => {});
    throw signal.reason;
  }
  if (response.type === "opaque") {
    throw configError(
      "fetch",
      "must not answer with an opaque Response: nothing of it can be read",
    );
  }
  const { headers } = response;
  // A response after a followed redirect is not an answer to this request.
  const status = response.redirected ? 0 : response.status;
  const trailer = new Headers();
  const codings = contentCodings(headers.get("content-encoding") ?? "");
  if (codings.length > 0 && codings.every((name) => DECODED.has(name))) {
    const header = without(headers, "content-encoding", "content-length");
    return { status, header, body: gunzipped(chunks(response.body)), trailer };
  }
  // CORS hides the coding from a page, but not the length.
  const header = response.type === "cors" ? without(headers, "content-length") : headers;
  return { status, header, body: chunks(response.body), trailer };
}

function isResponse(value: unknown): value is Response {
  const { status, headers, body, bodyUsed } = Object(value) as Partial<Response>;
  return (
    Number.isInteger(status) &&
    typeof headers?.get === "function" &&
    bodyUsed !== true &&
    (body === null || (typeof body?.getReader === "function" && !body.locked))
  );
}

function without(headers: Headers, ...names: readonly string[]): Headers {
  const rest = new Headers(headers);
  for (const name of names) {
    rest.delete(name);
  }
  return rest;
}

async function* chunks(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) {
    return;
  }
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        finished = true;
        return;
      }
      // Also those of another realm; a DataView is none.
      if (!ArrayBuffer.isView(value) || (value as Partial<Uint8Array>).BYTES_PER_ELEMENT !== 1) {
        throw configError("fetch", "must answer with a body of bytes", value);
      }
      yield value;
    }
  } finally {
    if (!finished) {
      // The rest need not be sent.
      reader.cancel().catch(() => {});
    }
  }
}

/**
 * Decodes a body that a user's `fetch` left compressed. Gzip is recognized by its first bytes (RFC
 * 1952), with which no message, JSON or envelope begins; other codings are taken from the header.
 */
async function* gunzipped(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    let head = new Uint8Array();
    while (head.length < 2) {
      const { done, value } = await bytes.next();
      if (done === true) {
        break;
      }
      head = joined(head, value);
    }
    if (head[0] !== 0x1f || head[1] !== 0x8b) {
      if (head.length > 0) {
        yield head;
      }
      yield* bytes;
      return;
    }
    if (typeof DecompressionStream === "undefined") {
      throw configError("fetch", "must decompress answers, as Fetch says: this runtime cannot");
    }
    yield* chunks(streamOf(head, bytes).pipeThrough(new DecompressionStream("gzip")));
  } finally {
    await bytes.return(undefined);
  }
}

function streamOf(
  head: Uint8Array<ArrayBuffer>,
  rest: AsyncGenerator<Uint8Array>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(head),
    async pull(controller) {
      const { done, value } = await rest.next();
      if (done === true) {
        controller.close();
      } else {
        controller.enqueue(value as Uint8Array<ArrayBuffer>);
      }
    },
    async cancel() {
      await rest.return(undefined);
    },
  });
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
