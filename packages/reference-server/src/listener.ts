import { createServer as createHttp1Server, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { connectNodeAdapter } from "@connectrpc/connect-node";
import { accept, type ServerTls } from "./accept.js";

type NodeHandler = ReturnType<typeof connectNodeAdapter>;

/** An open port that speaks HTTP/1.1 and HTTP/2. */
export interface Listener {
  port: number;
  /**
   * Stops accepting, lets calls in flight finish, closes idle connections, and after `graceMs`
   * destroys the remaining ones.
   */
  close(options: { graceMs: number }): Promise<void>;
}

/**
 * Opens a port and answers its requests by `handler`.
 *
 * @throws Error, in one line, if the port is in use.
 */
export async function listen(
  handler: NodeHandler,
  address: { host: string; port: number; tls?: ServerTls | undefined },
): Promise<Listener> {
  const http1 = createHttp1Server((req, res) => {
    track(req.socket, res);
    handler(req, res);
  });
  const http2 = createHttp2Server(handler);
  // Responses in flight on each open HTTP/1.1 or still silent connection.
  const connections = new Map<Socket, Set<ServerResponse>>();
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  let closing: Promise<void> | undefined;

  function track(socket: Socket, res: ServerResponse): void {
    const inFlight = connections.get(socket);
    inFlight?.add(res);
    res.once("close", () => {
      inFlight?.delete(res);
      if (closing && inFlight?.size === 0) {
        socket.destroySoon();
      }
    });
  }

  function remember(socket: Socket): void {
    connections.set(socket, new Set());
    socket.once("close", () => connections.delete(socket));
  }

  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    if (closing) {
      session.close();
    }
  });

  const { port, server } = await accept(address, {
    onAccept(socket) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      remember(socket);
    },
    onVersion({ accepted, socket, speaksHttp2 }) {
      connections.delete(accepted);
      if (speaksHttp2) {
        socket.allowHalfOpen = false;
      } else {
        remember(socket);
      }
      (speaksHttp2 ? http2 : http1).emit("connection", socket);
    },
  });

  return {
    port,
    close({ graceMs }) {
      closing ??= new Promise((resolve) => {
        const deadline = setTimeout(() => sockets.forEach((socket) => socket.destroy()), graceMs);
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
        sessions.forEach((session) => session.close());
        for (const [socket, inFlight] of connections) {
          if (inFlight.size === 0) {
            socket.destroySoon();
          }
          inFlight.forEach((res) => (res.shouldKeepAlive = false));
        }
      });
      return closing;
    },
  };
}
