import type { ClientHttp2Stream, Http2Session } from "node:http2";
import type * as net from "node:net";
import { createNodeHttpClient, Http2SessionManager } from "@connectrpc/connect-node";
import { IdleTimer } from "./idle_timer.js";
import { failIfCutShort } from "./node_cut_short.js";
import type { ConnectionOptions, Connections } from "./node_http.js";
import type { TlsOptions } from "./options.js";
import { inFlight, type PeerSocket } from "./recorder.js";
import { tlsMaterial } from "./tls_material.js";

/** A pool of one HTTP/2 connection, made when it is needed. */
export function http2Connections(options: ConnectionOptions): Connections {
  // Connect's own timer would be set again, for a connection that is gone, by
  // every last stream that closes after it.
  const idle = new IdleTimer(() => manager.abort());
  const sockets = new Set<net.Socket>();
  const manager = new Http2SessionManager(
    options.origin,
    { idleConnectionTimeoutMs: Number.POSITIVE_INFINITY },
    {
      createConnection: (authority) => {
        const socket = connectTo(authority, options.tls);
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
        return socket;
      },
    },
  );
  const request: Http2SessionManager["request"] = async (...args) => {
    const ended = idle.begin();
    try {
      const stream = await manager.request(...args);
      stream.once("close", ended);
      hearErrors(stream.session);
      return stream;
    } catch (reason) {
      ended();
      throw reason;
    }
  };
  const notifyResponseByteRead = (stream: ClientHttp2Stream) =>
    manager.notifyResponseByteRead(stream);
  const { authority } = manager;
  const client = createNodeHttpClient({
    httpVersion: "2",
    sessionProvider: () => {
      const { recording } = inFlight;
      if (recording === undefined) {
        return { authority, request, notifyResponseByteRead };
      }
      return {
        authority,
        request: async (...args) => {
          recording.connected = false;
          const stream = await request(...args);
          recording.connected = true;
          recording.stream = stream;
          stream.once("headers", () => (recording.informed = true));
          recording.socket = peerOf(stream.session);
          failIfUnanswered(stream);
          failIfCutShort(stream);
          drainIfLeft(stream, recording.signal);
          return stream;
        },
        notifyResponseByteRead,
      };
    },
  });
  return {
    client,
    close: () => {
      idle.close();
      manager.abort();
      // A session that has something left to write when its connection breaks
      // never closes its socket.
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

// Connect stops to listen to a session that it has destroyed before that has
// told of its error.
const heard = new WeakSet<Http2Session>();

function hearErrors(session: Http2Session | undefined): void {
  if (session !== undefined && !heard.has(session)) {
    heard.add(session);
    session.on("error", () => {});
  }
}

// What is imported from a module of Node's costs every program, and few come here.
function connectTo(authority: URL, options: TlsOptions | undefined): net.Socket {
  const { connect, isIP } = process.getBuiltinModule("node:net");
  const host = authority.hostname.replace(/^\[(.*)\]$/, "$1");
  if (authority.protocol === "http:") {
    return connect(Number(authority.port || 80), host);
  }
  const tls = process.getBuiltinModule("node:tls");
  const name = isIP(host) === 0 ? { servername: host } : {};
  const port = Number(authority.port || 443);
  return tls.connect({ host, port, ALPNProtocols: ["h2"], ...name, ...tlsMaterial(options) });
}

// A stream that the server resets with NO_ERROR before its answer ends without
// an error, and Connect would wait for that answer for ever.
function failIfUnanswered(stream: ClientHttp2Stream): void {
  const fail = () => stream.destroy(new Error("the stream ended without an answer"));
  stream.once("end", fail);
  stream.once("response", () => stream.off("end", fail));
}

// What was not read of an answer keeps its stream, also one that both sides
// have closed, and with it the session.
function drainIfLeft(stream: ClientHttp2Stream, signal: AbortSignal | undefined): void {
  const read = () => {
    while (stream.read() !== null);
  };
  const drain = () => {
    stream.on("readable", read);
    read();
  };
  // After Connect's own listener, which tells the server.
  const left = () => queueMicrotask(drain);
  signal?.addEventListener("abort", left, { once: true });
  stream.once("close", () => signal?.removeEventListener("abort", left));
  if (signal?.aborted === true) {
    left();
  }
}

// A copy: the socket of a session throws on every access once it is gone.
function peerOf(session: Http2Session | undefined): PeerSocket | undefined {
  if (session === undefined || session.destroyed) {
    return undefined;
  }
  const { remoteAddress, remotePort } = session.socket;
  return { remoteAddress, remotePort };
}
