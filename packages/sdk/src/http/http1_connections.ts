import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { createNodeHttpClient } from "@connectrpc/connect-node";
import type { Pool } from "../connection_pools.js";
import { inFlight, type PeerSocket } from "../recorder.js";
import type { Dialer } from "./dial.js";
import { IDLE_CONNECTION_MS } from "./idle_timer.js";
import { refuseUpgrades } from "./refuse_upgrades.js";

type Made = (error: Error | null, socket?: Duplex) => void;

/** A pool of HTTP/1.1 connections, one for each request under way. */
export function http1Connections(origin: string, dialer: Dialer): Pool {
  const { Agent } = origin.startsWith("https:") ? https : http;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS }) as WithAddRequest;
  agent.createConnection = (_options, made) => {
    dialer.dial(["http/1.1"]).then(
      ({ socket }) => made(null, socket),
      (error: Error) => made(error),
    );
    return undefined;
  };
  const { addRequest } = agent;
  agent.addRequest = (request, ...rest) => {
    record(request);
    addRequest.call(agent, request, ...rest);
  };
  const client = createNodeHttpClient({
    httpVersion: "1.1",
    nodeOptions: { agent: refuseUpgrades(agent) },
  });
  return {
    client,
    close: () => {
      dialer.close(new Error("the client is closed"));
      agent.destroy();
    },
  };
}

// What Node's types leave out, and how `createConnection` may answer.
interface WithAddRequest extends Omit<http.Agent, "createConnection"> {
  createConnection(options: unknown, made: Made): undefined;
  addRequest(request: http.ClientRequest, ...rest: unknown[]): void;
}

// A request gets its socket once it stands, be it new or kept.
function record(request: http.ClientRequest): void {
  const { recording } = inFlight;
  if (recording === undefined) {
    return;
  }
  recording.connected = false;
  request.prependOnceListener("socket", (socket) => {
    recording.socket = socket as PeerSocket;
    recording.connected = true;
  });
}
