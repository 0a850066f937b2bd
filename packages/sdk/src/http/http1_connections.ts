import type * as http from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { UniversalClientFn, UniversalClientRequest } from "@connectrpc/connect/protocol";
import type { Pool } from "../wire/connection_pools.js";
import type { Warn } from "../telemetry/log.js";
import { CLIENT } from "../policy/policy_table.js";
import { inFlight, type Recording } from "../wire/recorder.js";
import type { Dialer } from "./dial.js";
import { FullPool } from "./full_pool.js";
import { http1Client, moduleOf } from "./http1_client.js";
import { DOUBTFUL_MS, IdleSockets } from "./idle_sockets.js";
import { refuseUpgrades } from "./refuse_upgrades.js";
import { Slots } from "./slots.js";
import { hintAtSilence, recognizeHttp2 } from "./tls_failures.js";

type Made = (error: Error | null, socket?: Duplex) => void;

/** Options of a pool of HTTP/1.1 connections. */
export interface Http1Options {
  /** Maximum number of simultaneous connections. Further requests wait for one. */
  readonly maxConnections: number | undefined;
  /** Receives warnings for the operator of the client. */
  readonly warn: Warn;
}

/** Creates a pool of HTTP/1.1 connections, one for each request under way. */
export function http1Connections(origin: string, dialer: Dialer, options: Http1Options): Pool {
  const connections = new Http1Connections(origin, dialer, options);
  return {
    client: (request) => connections.send(request),
    close: () => connections.close(new Error("the client is closed")),
  };
}

class Http1Connections {
  private readonly agent: AgentOfOurs;
  private readonly idle: IdleSockets;
  private readonly slots: Slots;
  private readonly full: FullPool;
  private readonly client: UniversalClientFn;
  // True while a request has a slot, but the agent has not seen it.
  private entering = false;
  private closed: Error | undefined;
  private answered = false;

  constructor(
    origin: string,
    private readonly dialer: Dialer,
    { maxConnections = CLIENT.maxConnections.default, warn }: Http1Options,
  ) {
    this.slots = new Slots(maxConnections);
    this.full = new FullPool({ origin, maxConnections, warn, slots: this.slots });
    this.agent = this.createAgent(origin, maxConnections);
    this.idle = new IdleSockets(this.agent);
    this.client = http1Client(origin, refuseUpgrades(this.agent));
  }

  send(request: UniversalClientRequest): ReturnType<UniversalClientFn> {
    const { recording } = inFlight;
    if (recording !== undefined) {
      recording.connected = false;
    }
    if (!this.slots.take()) {
      return this.sendLater(request, recording, true);
    }
    return this.idle.isDoubtful()
      ? this.sendLater(request, recording, false)
      : this.hand(request, recording);
  }

  close(reason: Error): void {
    this.closed = reason;
    this.slots.close(reason);
    this.dialer.close(reason);
    this.agent.destroy();
  }

  private async sendLater(
    request: UniversalClientRequest,
    recording: Recording | undefined,
    queued: boolean,
  ): ReturnType<UniversalClientFn> {
    if (queued) {
      await this.queue(request.signal, recording);
    }
    if (this.idle.isDoubtful()) {
      // Data received on a connection is seen in the first turn, its end in the second.
      await turn();
      await turn();
      this.idle.isDoubtful();
    }
    if (request.signal?.aborted === true) {
      this.slots.release();
      throw request.signal.reason;
    }
    return this.hand(request, recording);
  }

  private async queue(
    signal: AbortSignal | undefined,
    recording: Recording | undefined,
  ): Promise<void> {
    const got = this.slots.wait(signal);
    this.full.tell();
    if (recording !== undefined) {
      recording.queued = "a connection";
    }
    await got;
    if (recording !== undefined) {
      recording.queued = undefined;
    }
  }

  // Hands a request that has a slot to the agent.
  private hand(
    request: UniversalClientRequest,
    recording: Recording | undefined,
  ): ReturnType<UniversalClientFn> {
    this.entering = true;
    inFlight.recording = recording;
    try {
      return this.client(request);
    } finally {
      inFlight.recording = undefined;
      if (this.entering) {
        this.entering = false;
        this.slots.release();
      }
    }
  }

  private createAgent(origin: string, maxFreeSockets: number): AgentOfOurs {
    const { Agent } = moduleOf(origin);
    const agent = new Agent({ keepAlive: true, maxFreeSockets }) as AgentOfOurs;
    agent.createConnection = (_options, made) => {
      const leave = this.dialer.demand.wait(inFlight.recording?.signal);
      const dialed = this.dialer.dial(["http/1.1"]).finally(leave);
      dialed.then(
        ({ socket }) => this.give(socket, made),
        (error: Error) => made(error),
      );
      return undefined;
    };
    const inherited = Object.getPrototypeOf(agent) as AgentOfOurs;
    agent.addRequest = (request, ...rest) => {
      this.entering = false;
      const { recording } = inFlight;
      this.watch(request, recording);
      const pick = () => inherited.addRequest.call(agent, request, ...rest);
      const lostMs = recording?.holder.lostMs;
      if (lostMs === undefined) {
        pick();
      } else {
        // Older connections may be about to end, or be dead.
        this.idle.pickMadeAfter(lostMs, this.slots.free, pick);
      }
    };
    return agent;
  }

  private give(socket: Socket, made: Made): void {
    if (this.closed === undefined) {
      made(null, this.idle.noted(socket));
    } else {
      socket.destroy();
      made(this.closed);
    }
  }

  private watch(request: http.ClientRequest, recording: Recording | undefined): void {
    request.prependOnceListener("socket", (socket) => {
      if (recording !== undefined) {
        this.record(socket, recording);
      }
    });
    const broken = () => {
      if (recording?.signal?.aborted === true || request.socket === null) {
        return;
      }
      const nowMs = performance.now();
      if (recording !== undefined) {
        recording.holder.lostMs = nowMs;
      }
      // A failure of a kept connection, such as a server that ends, mostly breaks all.
      if (request.reusedSocket) {
        this.idle.dropOlder(nowMs);
      }
    };
    request.once("error", broken);
    request.once("error", (reason) => {
      if (recognizeHttp2(reason) && recording !== undefined) {
        // Two sides that speak no version in common have no connection.
        recording.connected = false;
      }
      if (!this.answered && !request.reusedSocket && recording?.connected === true) {
        hintAtSilence(reason, request.socket, "HTTP/1.1");
      }
    });
    request.once("response", (response) => {
      this.answered = true;
      response.once("error", broken);
      this.idle.hear(response.socket, response.headers["keep-alive"]);
      response.once("end", () => endWith(request));
    });
    request.once("close", () => {
      if (recording !== undefined) {
        recording.onTimeout = undefined;
      }
      // The agent gets the connection back in this turn.
      queueMicrotask(() => this.slots.release());
    });
  }

  private record(socket: Socket, recording: Recording): void {
    // A connection that has ended by now takes nothing of the request.
    if (!socket.writable) {
      return;
    }
    recording.socket = socket;
    recording.connected = true;
    const { bytesRead } = socket;
    const beganMs = performance.now();
    recording.onTimeout = () => {
      // A dead path is dead for all connections that were silent as long.
      if (socket.bytesRead === bytesRead) {
        const nowMs = performance.now();
        recording.holder.lostMs = nowMs;
        this.idle.dropOlder(Math.max(beganMs, nowMs - DOUBTFUL_MS));
      }
    };
  }
}

// Parts that Node's types leave out, and results that `createConnection` may give.
interface AgentOfOurs extends Omit<http.Agent, "createConnection"> {
  createConnection(options: unknown, made: Made): undefined;
  addRequest(request: http.ClientRequest, ...rest: unknown[]): void;
}

// Ends a request whose answer is over before it: the connection would be kept forever, since the
// rest is never sent.
function endWith(request: http.ClientRequest): void {
  setImmediate(() => {
    if (!request.writableEnded) {
      request.destroy();
    }
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
