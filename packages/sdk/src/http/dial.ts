import type { LookupAddress } from "node:dns";
import type * as net from "node:net";
import type { TLSSocket } from "node:tls";
import { timerDelay } from "../deadline.js";
import type { TlsOptions } from "../options.js";
import { addressesOf } from "./addresses.js";
import { connectFirst } from "./connect_first.js";
import { putIntoWords, versionNotSpoken } from "./tls_failures.js";
import { tlsMaterial } from "./tls_material.js";

/** A protocol by its ALPN name (RFC 7301). */
export type AlpnProtocol = "h2" | "http/1.1";

/** What a connection depends on. */
export interface DialOptions {
  /** Scheme, host and port; no path. */
  readonly origin: string;
  readonly tls: TlsOptions | undefined;
  /** Longest time until a connection stands, its TLS included, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** What to do where the server speaks nothing of what is offered. */
  readonly advice: string;
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
  const underWay = new Set<Dial>();
  let closed: Error | undefined;
  return {
    dial(offered) {
      if (closed !== undefined) {
        return Promise.reject(closed);
      }
      const dial = new Dial(options, offered);
      underWay.add(dial);
      return dial.run().finally(() => underWay.delete(dial));
    },
    close(reason) {
      closed = reason;
      for (const dial of underWay) {
        dial.end(reason);
      }
    },
  };
}

class Dial {
  private readonly ended = new AbortController();
  private waitsFor = "";

  constructor(
    private readonly options: DialOptions,
    private readonly offered: readonly AlpnProtocol[],
  ) {}

  run(): Promise<Dialed> {
    const { connectTimeoutMs } = this.options;
    const { signal } = this.ended;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(this.timedOut()), timerDelay(connectTimeoutMs));
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
      this.connect().then(
        (dialed) => {
          clearTimeout(timer);
          if (signal.aborted) {
            dialed.socket.destroy();
          }
          resolve(dialed);
        },
        (reason: Error) => this.end(reason),
      );
    });
  }

  end(reason: Error): void {
    this.ended.abort(reason);
  }

  private async connect(): Promise<Dialed> {
    const { offered } = this;
    const { hostname, port, protocol } = new URL(this.options.origin);
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const socket = await this.connectTo(host, Number(port || (protocol === "http:" ? 80 : 443)));
    if (protocol === "http:") {
      return { socket, protocol: offered[0] ?? "http/1.1" };
    }
    this.waitsFor = `the TLS handshake with ${hostname}`;
    const secure = await this.secured(socket, host);
    return { socket: secure, protocol: this.agreedOn(secure) };
  }

  private async connectTo(host: string, port: number): Promise<net.Socket> {
    const { signal } = this.ended;
    this.waitsFor = `the addresses of ${host}`;
    const addresses = await addressesOf(host);
    signal.throwIfAborted();
    this.waitsFor = `a TCP connection to ${addresses.map((each) => shown(each, port)).join(", ")}`;
    return connectFirst(addresses, port, signal);
  }

  private secured(socket: net.Socket, host: string): Promise<TLSSocket> {
    const { signal } = this.ended;
    signal.throwIfAborted();
    // What is imported from a module of Node's costs every program, and few come here.
    const { connect } = process.getBuiltinModule("node:tls");
    const { isIP } = process.getBuiltinModule("node:net");
    const secure = connect({
      socket,
      host,
      ALPNProtocols: [...this.offered],
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...tlsMaterial(this.options.tls),
    });
    return new Promise((resolve, reject) => {
      const stop = () => secure.destroy();
      signal.addEventListener("abort", stop);
      const fail = (reason: Error) => reject(reason);
      // Before those of who uses the connection, so that they see what it means.
      secure.on("error", (reason) => putIntoWords(reason, this.options.advice));
      secure.on("error", fail);
      secure.once("close", () => reject(new Error("the connection was closed in the handshake")));
      secure.once("secureConnect", () => {
        signal.removeEventListener("abort", stop);
        secure.off("error", fail);
        resolve(secure);
      });
    });
  }

  private agreedOn(socket: TLSSocket): AlpnProtocol {
    const { offered } = this;
    const { alpnProtocol } = socket;
    if (alpnProtocol === "h2" || alpnProtocol === "http/1.1") {
      return alpnProtocol;
    }
    // Who says nothing speaks HTTP/1.1: HTTP/2 over TLS is agreed on (RFC 9113, section 3.2).
    if (offered.includes("http/1.1")) {
      return "http/1.1";
    }
    socket.destroy();
    throw versionNotSpoken(this.options.advice);
  }

  private timedOut(): Error {
    const { connectTimeoutMs } = this.options;
    const text = `no connection stood after ${connectTimeoutMs} ms (connectTimeoutMs): waited for ${this.waitsFor}`;
    return Object.assign(new Error(text), { code: "ETIMEDOUT", syscall: "connect" });
  }
}

function shown({ address, family }: LookupAddress, port: number): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
