import type { UniversalClientFn } from "@connectrpc/connect/protocol";

/**
 * An HTTP client over `fetch`. It follows no redirects. A request is sent as a
 * whole: browsers cannot stream one.
 *
 * @param send - Default: the runtime's own `fetch`, as it is when a request is sent.
 */
export function createFetchClient(
  send: typeof fetch = (...args) => globalThis.fetch(...args),
): UniversalClientFn {
  return async ({ url, method, header, body, signal }) => {
    const init: RequestInit = { method, headers: header, redirect: "manual" };
    if (body !== undefined) {
      const bytes = await whole(body);
      Object.assign(init, RESENDS ? { body: once(bytes), duplex: "half" } : { body: bytes });
    }
    if (signal !== undefined) {
      init.signal = signal;
    }
    const response = await send(url, init);
    return {
      status: response.status,
      header: response.headers,
      body: chunks(response.body),
      trailer: new Headers(),
    };
  };
}

// Deno sends a request again by itself where the connection broke, also one
// that the server has read. It cannot where the body is a stream.
const RESENDS = "Deno" in globalThis;

function once(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(part);
    length += part.length;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
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
      yield value;
    }
  } finally {
    if (!finished) {
      // What is not read any more need not be sent.
      reader.cancel().catch(() => {});
    }
  }
}
