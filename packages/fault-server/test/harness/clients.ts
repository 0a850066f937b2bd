import { type Agent, type IncomingMessage, request as request1 } from "node:http";
import { type ClientHttp2Session, connect as connect2, type IncomingHttpHeaders } from "node:http2";
import { connect, type Socket } from "node:net";

/** What a client saw: an answer, or the code of the error it ended with, or both. */
export interface Seen {
  status?: number;
  headers?: string[];
  body: string;
  trailers?: string[];
  error?: string;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** One request of node:http, on a connection of its own unless an agent is given. */
export function ask1(url: string, ask: Ask = {}): Promise<Seen> {
  return new Promise((resolve) => {
    const seen: Seen = { body: "" };
    const fail = (reason: NodeJS.ErrnoException) =>
      resolve({ ...seen, error: reason.code ?? reason.message });
    const body = ask.body ?? "";
    const { hostname, port, pathname, search } = new URL(url + (ask.path ?? "/"));
    const outgoing = request1({
      hostname,
      port,
      path: pathname + search,
      method: ask.method ?? "POST",
      headers: [
        "Host",
        "acme.test",
        "Connection",
        "keep-alive",
        "Content-Length",
        `${body.length}`,
        ...(ask.headers ?? []),
      ],
      agent: ask.agent ?? false,
      ...(ask.signal ? { signal: ask.signal } : {}),
    });
    outgoing.on("error", fail);
    outgoing.on("response", (incoming: IncomingMessage) => {
      seen.status = incoming.statusCode ?? 0;
      seen.headers = incoming.rawHeaders;
      incoming.setEncoding("latin1");
      incoming.on("data", (text: string) => (seen.body += text));
      incoming.on("error", fail);
      incoming.on("end", () => resolve({ ...seen, trailers: incoming.rawTrailers }));
    });
    outgoing.end(body);
  });
}

/** Everything the server sends on a bare TCP connection, and how that ended. */
export function raw(port: number, bytes: string): Promise<{ text: string; error?: string }> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(bytes));
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("error", (reason: NodeJS.ErrnoException) =>
      resolve({ text, error: reason.code ?? reason.message }),
    );
    socket.on("end", () => resolve({ text }));
  });
}

/** Sends bytes on a bare TCP connection and leaves it open once the answer ends with `mark`. */
export function rawUntil(port: number, bytes: string, mark: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(bytes));
    socket.on("error", reject);
    socket.on("end", () => reject(new Error(`ended after ${JSON.stringify(text)}`)));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.endsWith(mark)) {
        resolve(socket);
      }
    });
  });
}

export function session2(url: string, options: { ca?: string } = {}): ClientHttp2Session {
  const session = connect2(url, options);
  session.on("error", () => {});
  return session;
}

export interface Seen2 extends Seen {
  rstCode?: number;
}

/** One request of node:http2. `endedByHead` tells an END_STREAM on the HEADERS frame. */
export function ask2(
  session: ClientHttp2Session,
  ask: Omit<Ask, "headers" | "agent"> & { headers?: Record<string, string | string[]> } = {},
): Promise<Seen2 & { endedByHead?: boolean }> {
  return new Promise((resolve) => {
    const seen: Seen2 & { endedByHead?: boolean } = { body: "" };
    const stream = session.request(
      { ":method": ask.method ?? "POST", ":path": ask.path ?? "/", ...ask.headers },
      ask.signal ? { signal: ask.signal } : {},
    );
    stream.setEncoding("latin1");
    stream.on("response", (headers: IncomingHttpHeaders, flags: number) => {
      seen.status = Number(headers[":status"]);
      seen.headers = Object.entries(headers).flatMap(([k, v]) => [k, String(v)]);
      seen.endedByHead = (flags & 1) === 1;
    });
    stream.on("trailers", (trailers: IncomingHttpHeaders) => {
      seen.trailers = Object.entries(trailers).flatMap(([k, v]) => [k, String(v)]);
    });
    stream.on("data", (text: string) => (seen.body += text));
    stream.on("error", (reason: NodeJS.ErrnoException) => {
      seen.error = reason.code ?? reason.message;
    });
    stream.on("close", () => resolve({ ...seen, rstCode: stream.rstCode ?? 0 }));
    stream.end(ask.body);
  });
}
