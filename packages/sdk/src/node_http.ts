import * as http from "node:http";
import type { ClientHttp2Stream, Http2Session } from "node:http2";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { createNodeHttpClient, Http2SessionManager } from "@connectrpc/connect-node";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import type { TlsOptions } from "./options.js";
import { inFlight, type PeerSocket } from "./recorder.js";

/** A pool of connections to one origin. */
export interface Connections {
  readonly client: UniversalClientFn;
  /** Ends all connections; calls in flight fail. */
  close(): void;
}

/** What a pool of connections depends on. */
export interface ConnectionOptions {
  readonly origin: string;
  readonly httpVersion: "1.1" | "2";
  readonly tls: TlsOptions | undefined;
}

const IDLE_CONNECTION_MS = 15 * 60_000;

/** A pool over Node's own HTTP clients. They follow no redirects. */
export function createConnections(options: ConnectionOptions): Connections {
  return options.httpVersion === "2" ? http2Connections(options) : http1Connections(options);
}

function http1Connections(options: ConnectionOptions): Connections {
  const agentOptions = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const agent = options.origin.startsWith("https:")
    ? new RecordingHttpsAgent({ ...agentOptions, ...tlsMaterial(options.tls) })
    : new RecordingHttpAgent(agentOptions);
  const client = createNodeHttpClient({ httpVersion: "1.1", nodeOptions: { agent } });
  return { client, close: () => agent.destroy() };
}

class RecordingHttpAgent extends http.Agent {
  override createConnection(
    options: http.ClientRequestArgs,
    callback?: (err: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    return record(super.createConnection(options, callback));
  }
  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    super.reuseSocket(record(socket), request);
  }
}

class RecordingHttpsAgent extends https.Agent {
  override createConnection(
    options: https.RequestOptions,
    callback?: (err: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = record(super.createConnection(options, callback));
    const { recording } = inFlight;
    if (recording !== undefined) {
      // Connect asks for the body once TCP stands, before TLS does.
      recording.handshaking = true;
      socket?.once("secureConnect", () => (recording.handshaking = false));
    }
    return socket;
  }
  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    super.reuseSocket(record(socket), request);
  }
}

function record<T extends Duplex | null | undefined>(socket: T): T {
  if (inFlight.recording !== undefined && socket !== null) {
    inFlight.recording.socket = socket as PeerSocket | undefined;
  }
  return socket;
}

function http2Connections(options: ConnectionOptions): Connections {
  const manager = new Http2SessionManager(
    options.origin,
    { idleConnectionTimeoutMs: IDLE_CONNECTION_MS },
    tlsMaterial(options.tls),
  );
  const client = createNodeHttpClient({
    httpVersion: "2",
    sessionProvider: () => {
      const { recording } = inFlight;
      if (recording === undefined) {
        return manager;
      }
      return {
        authority: manager.authority,
        request: async (method, path, headers, streamOptions) => {
          const stream = await manager.request(method, path, headers, streamOptions);
          recording.stream = stream;
          recording.socket = peerOf(stream.session);
          failIfUnanswered(stream);
          return stream;
        },
        notifyResponseByteRead: (stream) => manager.notifyResponseByteRead(stream),
      };
    },
  });
  return { client, close: () => manager.abort() };
}

// A stream that the server resets with NO_ERROR before its answer ends without
// an error, and Connect would wait for that answer for ever.
function failIfUnanswered(stream: ClientHttp2Stream): void {
  const fail = () => stream.destroy(new Error("the stream ended without an answer"));
  stream.once("end", fail);
  stream.once("response", () => stream.off("end", fail));
}

// A copy: the socket of a session throws on every access once it is gone.
function peerOf(session: Http2Session | undefined): PeerSocket | undefined {
  if (session === undefined || session.destroyed) {
    return undefined;
  }
  const { remoteAddress, remotePort } = session.socket;
  return { remoteAddress, remotePort };
}

function tlsMaterial(tls: TlsOptions | undefined): Record<string, string | Buffer> {
  const material: Record<string, string | Buffer> = {};
  for (const [name, value] of [
    ["ca", tls?.ca],
    ["cert", tls?.certificate],
    ["key", tls?.key],
  ] as const) {
    if (value !== undefined) {
      material[name] = typeof value === "string" ? value : Buffer.from(value);
    }
  }
  return material;
}
