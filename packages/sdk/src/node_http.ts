import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { createNodeHttpClient } from "@connectrpc/connect-node";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { IDLE_CONNECTION_MS } from "./idle_timer.js";
import { http2Connections } from "./node_http2.js";
import { refuseUpgrades } from "./node_upgrade.js";
import type { TlsOptions } from "./options.js";
import { inFlight, type PeerSocket } from "./recorder.js";
import { tlsMaterial } from "./tls_material.js";

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

/** A pool over Node's own HTTP clients. They follow no redirects. */
export function createConnections(options: ConnectionOptions): Connections {
  return options.httpVersion === "2" ? http2Connections(options) : http1Connections(options);
}

function http1Connections(options: ConnectionOptions): Connections {
  const agentOptions = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const agent = refuseUpgrades(
    options.origin.startsWith("https:")
      ? new RecordingHttpsAgent({ ...agentOptions, ...tlsMaterial(options.tls) })
      : new RecordingHttpAgent(agentOptions),
  );
  const client = createNodeHttpClient({ httpVersion: "1.1", nodeOptions: { agent } });
  return { client, close: () => agent.destroy() };
}

class RecordingHttpAgent extends http.Agent {
  override createConnection(
    options: http.ClientRequestArgs,
    callback?: (err: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = record(super.createConnection(options, callback));
    connectedAt(socket, "connect");
    return socket;
  }
  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    super.reuseSocket(reuse(socket), request);
  }
}

class RecordingHttpsAgent extends https.Agent {
  override createConnection(
    options: https.RequestOptions,
    callback?: (err: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = record(super.createConnection(options, callback));
    // Connect asks for the body once TCP stands, before TLS does.
    connectedAt(socket, "secureConnect");
    return socket;
  }
  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    super.reuseSocket(reuse(socket), request);
  }
}

function connectedAt(socket: Duplex | null | undefined, event: "connect" | "secureConnect"): void {
  const { recording } = inFlight;
  if (recording !== undefined) {
    recording.connected = false;
    socket?.once(event, () => (recording.connected = true));
  }
}

function reuse(socket: Duplex): Duplex {
  if (inFlight.recording !== undefined) {
    inFlight.recording.connected = true;
  }
  return record(socket);
}

function record<T extends Duplex | null | undefined>(socket: T): T {
  if (inFlight.recording !== undefined && socket !== null) {
    inFlight.recording.socket = socket as PeerSocket | undefined;
  }
  return socket;
}
