import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { readAnswer } from "./fetch_answer.js";
import type { FetchFunction, FetchInit } from "../options/options.js";

/**
 * Creates an HTTP client over `fetch`. It follows no redirects. A request is sent as a whole:
 * browsers cannot stream one.
 *
 * @param send - Default: the runtime's own `fetch` at the time a request is sent.
 * @param settings - Init of `fetch` besides the request.
 */
export function createFetchClient(
  send: FetchFunction = (...args) => globalThis.fetch(...args),
  settings: FetchInit = {},
): UniversalClientFn {
  const common: RequestInit = { ...settings, redirect: "manual" };
  return async ({ url, method, header, body, signal }) => {
    const init: RequestInit = { ...common, method, headers: header };
    if (body !== undefined) {
      const bytes = await whole(body);
      Object.assign(init, RESENDS ? { body: once(bytes), duplex: "half" } : { body: bytes });
    }
    if (signal !== undefined) {
      init.signal = signal;
    }
    return readAnswer(await send(url, init), signal);
  };
}

// Deno resends a request by itself after a broken connection, even if the server has read it. It
// cannot if the body is a stream.
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
