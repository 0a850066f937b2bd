import type * as net from "node:net";
import type { TlsOptions } from "../options.js";
import { tlsMaterial } from "./tls_material.js";

/** A protocol by its ALPN name (RFC 7301). */
export type AlpnProtocol = "h2" | "http/1.1";

/** What a connection depends on. */
export interface DialOptions {
  /** Scheme, host and port; no path. */
  readonly origin: string;
  readonly tls: TlsOptions | undefined;
}

/** A connection that stands, its TLS included. */
export interface Dialed {
  readonly socket: net.Socket;
  /** What both sides agreed on; without TLS, what was offered first. */
  readonly protocol: AlpnProtocol;
}

/** Makes connections to one origin. */
export interface Dialer {
  /**
   * Makes one connection. Nothing of a request is sent before it stands.
   *
   * @param offered - Protocols that the caller speaks, the preferred first.
   */
  dial(offered: readonly AlpnProtocol[]): Promise<Dialed>;
  /** Ends the dials under way, and refuses later ones. */
  close(reason: Error): void;
}

/** A dialer over TCP, with TLS where the origin says so. */
export function createDialer(options: DialOptions): Dialer {
  const underWay = new Set<net.Socket>();
  let closed: Error | undefined;
  return {
    dial(offered) {
      if (closed !== undefined) {
        return Promise.reject(closed);
      }
      const { socket, ready } = open(options, offered);
      underWay.add(socket);
      return new Promise<Dialed>((resolve, reject) => {
        socket.once("error", reject);
        socket.once("close", () => reject(closed ?? new Error("the connection was closed")));
        socket.once(ready, () => {
          socket.off("error", reject);
          resolve({ socket, protocol: agreedOn(socket) ?? offered[0] ?? "http/1.1" });
        });
      }).finally(() => underWay.delete(socket));
    },
    close(reason) {
      closed = reason;
      for (const socket of underWay) {
        socket.destroy();
      }
    },
  };
}

// What is imported from a module of Node's costs every program, and few come here.
function open(
  { origin, tls: options }: DialOptions,
  offered: readonly AlpnProtocol[],
): { socket: net.Socket; ready: "connect" | "secureConnect" } {
  const { connect, isIP } = process.getBuiltinModule("node:net");
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (protocol === "http:") {
    return { socket: connect(Number(port || 80), host), ready: "connect" };
  }
  const tls = process.getBuiltinModule("node:tls");
  const socket = tls.connect({
    host,
    port: Number(port || 443),
    ALPNProtocols: [...offered],
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...tlsMaterial(options),
  });
  return { socket, ready: "secureConnect" };
}

function agreedOn(socket: net.Socket): AlpnProtocol | undefined {
  const { alpnProtocol } = socket as { alpnProtocol?: string | false | null };
  return alpnProtocol === "h2" || alpnProtocol === "http/1.1" ? alpnProtocol : undefined;
}
