import type { Agent } from "node:http";
import type { Socket } from "node:net";

/**
 * Idle time after which HTTP/1.1 connections close, in milliseconds: less than the 5 s of Node.js,
 * Apache and uvicorn, and of all servers that wait longer.
 */
export const IDLE_SOCKET_MS = 4_000;

/** Margin before the time at which a server says that it closes a connection, in milliseconds. */
export const HINT_MARGIN_MS = 1_000;

/** Idle time after which a connection may have been closed unnoticed, in milliseconds. */
export const DOUBTFUL_MS = 1_000;

interface Kept {
  readonly sinceMs: number;
  readonly lifeMs: number;
}

/** Connections of an agent that are not in use. */
export class IdleSockets {
  private readonly kept = new WeakMap<Socket, Kept>();
  private readonly madeMs = new WeakMap<Socket, number>();
  // Times after which servers say that they close connections, in milliseconds.
  private readonly hints = new WeakMap<Socket, number>();

  constructor(private readonly agent: Agent) {
    const inherited = Object.getPrototypeOf(agent) as Agent;
    agent.keepSocketAlive = (stream) => this.keep(stream as Socket);
    agent.reuseSocket = (stream, request) => {
      const socket = stream as Socket;
      socket.off("data", drop);
      socket.setTimeout(0);
      inherited.reuseSocket.call(agent, socket, request);
    };
  }

  /** Records a server's statement about a connection: its header `Keep-Alive`. */
  hear(socket: Socket, keepAlive: string | readonly string[] | undefined): void {
    this.hints.set(socket, readHint(keepAlive));
  }

  /**
   * Reports whether the next connection has been idle for a while. Ended ones are dropped first.
   */
  isDoubtful(): boolean {
    const nowMs = performance.now();
    for (let socket = this.next(); socket !== undefined; socket = this.next()) {
      const { sinceMs = nowMs, lifeMs = IDLE_SOCKET_MS } = this.kept.get(socket) ?? {};
      if (socket.writable && nowMs < sinceMs + lifeMs) {
        return nowMs >= sinceMs + DOUBTFUL_MS;
      }
      drop.call(socket);
    }
    return false;
  }

  /** Records that a connection was made now. */
  noted(socket: Socket): Socket {
    this.madeMs.set(socket, performance.now());
    return socket;
  }

  /**
   * Lets the agent pick among connections made after a moment. If none of them is idle, it makes
   * another.
   *
   * @param most - Maximum number that may be idle afterwards.
   */
  pickMadeAfter(ms: number, most: number, pick: () => void): void {
    const { freeSockets } = this.agent as { freeSockets: Record<string, Socket[]> };
    const [[name, idle] = [undefined, []]] = Object.entries(freeSockets);
    const found = idle.find((socket) => (this.madeMs.get(socket) ?? 0) > ms);
    if (name === undefined) {
      pick();
    } else if (found !== undefined) {
      idle.push(...idle.splice(idle.indexOf(found), 1));
      pick();
    } else {
      while (idle.length > most) {
        drop.call(idle[0] as Socket);
      }
      freeSockets[name] = [];
      pick();
      freeSockets[name] = idle;
    }
  }

  /** Drops connections that have been idle since before a moment. */
  dropOlder(thanMs: number): void {
    for (const socket of Object.values(this.agent.freeSockets).flat()) {
      if (socket !== undefined && (this.kept.get(socket)?.sinceMs ?? 0) < thanMs) {
        drop.call(socket);
      }
    }
  }

  // The agent takes the one that came last.
  private next(): Socket | undefined {
    const [sockets] = Object.values(this.agent.freeSockets);
    return sockets?.at(-1);
  }

  private keep(socket: Socket): boolean {
    const lifeMs = Math.min(IDLE_SOCKET_MS, (this.hints.get(socket) ?? Infinity) - HINT_MARGIN_MS);
    if (lifeMs <= 0) {
      return false;
    }
    this.kept.set(socket, { sinceMs: performance.now(), lifeMs });
    socket.unref();
    socket.setTimeout(lifeMs);
    // Data that comes now answers nothing, and would be taken for the next answer.
    socket.on("data", drop);
    return true;
  }
}

// An agent forgets a socket at once only if the socket emits `agentRemove`.
function drop(this: Socket): void {
  this.destroy();
  this.emit("agentRemove");
}

// Parses `timeout=5, max=100`.
function readHint(keepAlive: string | readonly string[] | undefined): number {
  const seconds = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(String(keepAlive))?.[1];
  return seconds === undefined ? Infinity : Number(seconds) * 1_000;
}
