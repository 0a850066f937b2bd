import { createServer as createHttp1Server, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { connectNodeAdapter } from "@connectrpc/connect-node";

type NodeHandler = ReturnType<typeof connectNodeAdapter>;

// The client's connection preface (RFC 9113, section 3.4).
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** An open port that speaks HTTP/1.1 and HTTP/2 without TLS. */
export interface Listener {
  port: number;
  /**
   * Stops accepting, lets calls in flight finish, closes idle connections, and
   * destroys after `graceMs` what is still open.
   */
  close(options: { graceMs: number }): Promise<void>;
}

/**
 * Opens a port. The first bytes of a connection say which version of HTTP it
 * speaks (prior knowledge, RFC 9113, section 3.3).
 *
 * @throws Error, in one line, if the port is in use.
 */
export async function listen(
  handler: NodeHandler,
  address: { host: string; port: number },
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
      if (closing && inFlight?.size === 0) socket.destroySoon();
    });
  }

  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    if (closing) session.close();
  });

  // Half-open as node:http has it: a client may end its side and still read.
  const port = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    connections.set(socket, new Set());
    socket.once("close", () => {
      sockets.delete(socket);
      connections.delete(socket);
    });
    socket.on("error", () => socket.destroy());
    sniff(socket, (speaksHttp2) => {
      if (speaksHttp2) {
        connections.delete(socket);
        socket.allowHalfOpen = false;
      }
      (speaksHttp2 ? http2 : http1).emit("connection", socket);
    });
  });

  await new Promise<void>((resolve, reject) => {
    port.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = `port ${address.port} on ${address.host} is in use; pick another, or 0 for a free one`;
      reject(error.code === "EADDRINUSE" ? new Error(inUse, { cause: error }) : error);
    });
    port.listen(address.port, address.host, resolve);
  });

  return {
    port: (port.address() as AddressInfo).port,
    close({ graceMs }) {
      closing ??= new Promise((resolve) => {
        const deadline = setTimeout(() => sockets.forEach((socket) => socket.destroy()), graceMs);
        port.close(() => {
          clearTimeout(deadline);
          resolve();
        });
        sessions.forEach((session) => session.close());
        for (const [socket, inFlight] of connections) {
          if (inFlight.size === 0) socket.destroySoon();
          inFlight.forEach((res) => (res.shouldKeepAlive = false));
        }
      });
      return closing;
    },
  };
}

/** Reads until the version is known, and puts what was read back. */
function sniff(socket: Socket, decide: (speaksHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  const end = () => socket.destroy();
  const read = () => {
    seen = Buffer.concat([seen, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
    const length = Math.min(seen.length, PREFACE.length);
    const matches = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (matches && length < PREFACE.length) return;
    socket.off("readable", read);
    socket.off("end", end);
    socket.unshift(seen);
    decide(matches);
  };
  socket.on("readable", read);
  socket.on("end", end);
}
