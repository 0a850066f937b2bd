import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  Http2Session,
  OutgoingHttpHeaders,
} from "node:http2";
import { connect } from "node:http2";
import { createNodeHttpClient } from "@connectrpc/connect-node";
import type { Pool } from "../connection_pools.js";
import { inFlight, type PeerSocket, type Recording } from "../recorder.js";
import { failIfCutShort } from "./cut_short.js";
import type { Dialer } from "./dial.js";
import { IdleTimer } from "./idle_timer.js";

/** A pool of one HTTP/2 connection, made when it is needed. */
export function http2Connections(origin: string, dialer: Dialer): Pool {
  const sessions = new Sessions(origin, dialer);
  const client = createNodeHttpClient({
    httpVersion: "2",
    sessionProvider: () => {
      const { recording } = inFlight;
      return {
        authority: origin,
        request: (method, path, headers, options) => {
          const head = { ...headers, ":method": method, ":path": path };
          return sessions.request(head, options, recording);
        },
        notifyResponseByteRead: () => {},
      };
    },
  });
  return { client, close: () => sessions.close(new Error("the client is closed")) };
}

class Sessions {
  private session: Promise<ClientHttp2Session> | undefined;
  private readonly open = new Set<ClientHttp2Session>();
  private readonly idle = new IdleTimer(() => this.closeAll());

  constructor(
    private readonly origin: string,
    private readonly dialer: Dialer,
  ) {}

  async request(
    head: OutgoingHttpHeaders,
    options: ClientSessionRequestOptions,
    recording: Recording | undefined,
  ): Promise<ClientHttp2Stream> {
    const ended = this.idle.begin();
    try {
      if (recording !== undefined) {
        recording.connected = false;
      }
      const session = await (this.session ??= this.connect());
      const stream = session.request(head, options);
      stream.once("close", ended);
      if (recording !== undefined) {
        watch(stream, recording);
      }
      return stream;
    } catch (reason) {
      ended();
      throw reason;
    }
  }

  close(reason: Error): void {
    this.idle.close();
    this.dialer.close(reason);
    for (const session of this.open) {
      session.destroy(reason);
    }
  }

  private closeAll(): void {
    for (const session of this.open) {
      session.close();
    }
  }

  private connect(): Promise<ClientHttp2Session> {
    const made = this.dialer.dial(["h2"]).then(({ socket }) => {
      const session = connect(this.origin, { createConnection: () => socket });
      this.open.add(session);
      session.on("error", () => {});
      session.once("goaway", () => this.forget(made));
      session.once("close", () => {
        this.open.delete(session);
        this.forget(made);
        // A session that has something left to write when its connection breaks
        // never closes its socket.
        socket.destroy();
      });
      return session;
    });
    made.catch(() => this.forget(made));
    return made;
  }

  private forget(made: Promise<ClientHttp2Session>): void {
    if (this.session === made) {
      this.session = undefined;
    }
  }
}

function watch(stream: ClientHttp2Stream, recording: Recording): void {
  recording.connected = true;
  recording.stream = stream;
  stream.once("headers", () => (recording.informed = true));
  recording.socket = peerOf(stream.session);
  failIfUnanswered(stream);
  failIfCutShort(stream);
  drainIfLeft(stream, recording.signal);
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
