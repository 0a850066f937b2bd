import { request as request1 } from "node:http";
import { connect, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import type { Answer } from "./answer.js";
import type { RequestHead } from "./recorder.js";
import type { Header } from "./script.js";

/** Hop-by-hop fields: the next hop frames for itself (RFC 9110, section 7.6.1). */
const HOP = new Set(["connection", "keep-alive", "transfer-encoding"]);

/**
 * Sends the request to the upstream over its own HTTP version, on a connection of its own, and
 * returns the whole answer.
 */
export async function forward(
  upstream: string,
  head: RequestHead,
  body: Buffer,
  closing: AbortSignal,
): Promise<Answer> {
  const send = head.httpVersion === "2" ? forward2 : forward1;
  try {
    return await send(upstream, head, body, closing);
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new Error(`upstream ${upstream}: ${why}`, { cause: reason });
  }
}

function forward1(
  upstream: string,
  head: RequestHead,
  body: Buffer,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(upstream);
    const outgoing = request1({
      hostname,
      port,
      method: head.method,
      path: head.path,
      headers: head.headers.flat(),
      setHost: false,
      agent: false,
      signal,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        outgoing.destroy();
        const headers = pairs(incoming.rawHeaders);
        const trailers = pairs(incoming.rawTrailers);
        resolve(toAnswer(incoming.statusCode ?? 0, headers, chunks, trailers));
      });
    });
    outgoing.end(body);
  });
}

function forward2(
  upstream: string,
  head: RequestHead,
  body: Buffer,
  signal: AbortSignal,
): Promise<Answer> {
  const session = connect(upstream);
  const answer = new Promise<Answer>((resolve, reject) => {
    session.on("error", reject);
    session.on("goaway", () => reject(new Error("GOAWAY")));
    const stream = session.request(
      {
        ...toHttp2(head.headers),
        ":method": head.method,
        ":path": head.path,
        ":authority": head.authority,
      },
      { endStream: body.length === 0, signal },
    );
    let headers: Header[] = [];
    let trailers: Header[] = [];
    let status = 0;
    const chunks: Buffer[] = [];
    stream.on("response", (fields: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
      status = Number(fields[constants.HTTP2_HEADER_STATUS]);
      headers = raw ? pairs(raw) : fromHttp2(fields);
    });
    stream.on("trailers", (fields: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
      trailers = raw ? pairs(raw) : fromHttp2(fields);
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => resolve(toAnswer(status, headers, chunks, trailers)));
    if (body.length > 0) {
      stream.end(body);
    }
  });
  return answer.finally(() => session.destroy());
}

function toAnswer(status: number, headers: Header[], chunks: Buffer[], trailers: Header[]): Answer {
  const kept = headers.filter(([name]) => !name.startsWith(":") && !HOP.has(name.toLowerCase()));
  return {
    status,
    headers: kept,
    parts: chunks.map((bytes) => ({ bytes })),
    trailers,
    chunked: !kept.some(([name]) => name.toLowerCase() === "content-length"),
    early: false,
  };
}

/** Lines as node:http2 takes them: lower-case names, repetitions as a list. */
export function toHttp2(headers: readonly Header[]): OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const known = fields[key];
    fields[key] = known === undefined ? value : [known, value].flat();
  }
  return fields;
}

/** A flat list of names and values, as Node gives raw headers, without pseudo-headers. */
export function pairs(flat: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] ?? "";
    if (!name.startsWith(":")) {
      headers.push([name, flat[i + 1] ?? ""]);
    }
  }
  return headers;
}

function fromHttp2(fields: IncomingHttpHeaders): Header[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value ?? []].flat().map((entry): Header => [name, entry]),
  );
}
