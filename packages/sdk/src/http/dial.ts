import type { LookupAddress } from "node:dns";
import type * as net from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { timerDelay } from "../policy/deadline.js";
import type { TlsOptions, TlsSource } from "../options/options.js";
import { thrownTextWithoutTokens } from "../errors/thrown_text.js";
import { addressesOf } from "./addresses.js";
import { connectFirst } from "./connect_first.js";
import { Demand, Unwanted } from "./demand.js";
import { openTunnel, shown as shownProxy } from "./proxy_tunnel.js";
import type { Proxy } from "./proxy.js";
import { readAlertsFirst } from "./tls_alerts.js";
import { isHangUp, NO_TLS, putIntoWords, versionNotSpoken, withHint } from "./tls_failures.js";
import { tlsMaterial, type TlsMaterial } from "./tls_material.js";

/** Protocol by its ALPN name (RFC 7301). */
export type AlpnProtocol = "h2" | "http/1.1";

/** Options that a connection depends on. */
export interface DialOptions {
  /** Scheme, host and port; no path. */
  readonly origin: string;
  /** TLS material, or a function that is asked for each connection. */
  readonly tls: TlsMaterial | TlsSource | undefined;
  readonly proxy: Proxy | undefined;
  /** Longest time to establish a connection, including TLS, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Advice for the error if the server speaks none of the offered protocols. */
  readonly advice: string;
}

/** Established connection, including TLS. */
export interface Dialed {
  readonly socket: net.Socket;
  /** Protocol that both sides agreed on; without TLS, the first one offered. */
  readonly protocol: AlpnProtocol;
}

/** Makes connections to one origin. */
export interface Dialer {
  /** Calls that wait for a connection. Without any, dials under way are given up. */
  readonly demand: Demand;
  /**
   * Makes one connection. No part of a request is sent before it is established.
   *
   * @param offered - Protocols that the caller speaks, the preferred one first.
   */
  dial(offered: readonly AlpnProtocol[]): Promise<Dialed>;
  /** Ends the dials under way, and refuses later ones. */
  close(reason: Error): void;
}

/** Creates a dialer over TCP, with TLS if the origin says so. */
export function createDialer(options: DialOptions): Dialer {
  const underWay = new Set<Dial>();
  const resumption: Resumption = {};
  let closed: Error | undefined;
  const endAll = (reason: Error) => {
    for (const dial of underWay) {
      dial.end(reason);
    }
  };
  const demand = new Demand(() => endAll(new Unwanted()));
  return {
    demand,
    dial(offered) {
      if (closed !== undefined) {
        return Promise.reject(closed);
      }
      const dial = new Dial(options, offered, resumption);
      underWay.add(dial);
      demand.look();
      return dial.run().finally(() => underWay.delete(dial));
    },
    close(reason) {
      closed = reason;
      demand.stop();
      endAll(reason);
    },
  };
}

/** TLS session that was received last: it shortens the next handshake (RFC 8446, section 2.2). */
interface Resumption {
  session?: Buffer | undefined;
}

class Dial {
  private readonly ended = new AbortController();
  private waitsFor = "";

  constructor(
    private readonly options: DialOptions,
    private readonly offered: readonly AlpnProtocol[],
    private readonly resumption: Resumption,
  ) {}

  async run(): Promise<Dialed> {
    const { signal } = this.ended;
    const timer = setTimeout(
      () => this.end(this.timedOut()),
      timerDelay(this.options.connectTimeoutMs),
    );
    const ended = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
    try {
      return await Promise.race([this.connect(), ended]);
    } catch (reason) {
      // A partly established connection is destroyed too.
      this.end(reason as Error);
      throw reason;
    } finally {
      clearTimeout(timer);
    }
  }

  end(reason: Error): void {
    this.ended.abort(reason);
  }

  private async connect(): Promise<Dialed> {
    const { offered } = this;
    const { origin, proxy } = this.options;
    const { hostname, port, protocol } = new URL(origin);
    const secure = protocol === "https:";
    const to = { hostname, port: Number(port || (secure ? 443 : 80)) };
    const material = secure ? await this.material() : undefined;
    const socket =
      proxy === undefined ? await this.connectTo(to) : await this.connectBy(proxy, to, material);
    if (!secure) {
      return { socket, protocol: offered[0] ?? "http/1.1" };
    }
    this.waitsFor = `the TLS handshake with ${hostname}`;
    const { resumption } = this;
    const tls = await this.secured(socket, hostname, {
      ...material?.own,
      ALPNProtocols: [...offered],
      session: resumption.session,
    }).catch((reason: unknown) => {
      resumption.session = undefined;
      throw reason;
    });
    // Rotated certificates apply to later connections; a session would keep the old one.
    if (typeof this.options.tls !== "function") {
      tls.on("session", (session) => (resumption.session = session));
    }
    return { socket: tls, protocol: this.agreedOn(tls) };
  }

  private async material(): Promise<TlsMaterial | undefined> {
    const { tls } = this.options;
    if (typeof tls !== "function") {
      return tls;
    }
    this.waitsFor = "the option tls, which is a function";
    let told: TlsOptions;
    try {
      told = await tls();
    } catch (cause) {
      // Its error may quote what it reads: keys, and credentials for the place they are kept in.
      const text = thrownTextWithoutTokens(cause);
      // oxlint-disable-next-line eslint/preserve-caught-error -- causes are told as they are
      throw new Error(`the option tls, which is a function, failed: ${text}`);
    }
    this.ended.signal.throwIfAborted();
    return tlsMaterial(told);
  }

  private async connectTo({ hostname, port }: Target, of = ""): Promise<net.Socket> {
    const { signal } = this.ended;
    const host = withoutBrackets(hostname);
    this.waitsFor = `the addresses of ${of}${host}`;
    const addresses = await addressesOf(host);
    signal.throwIfAborted();
    this.waitsFor = `a TCP connection to ${of}${addresses.map((each) => shown(each, port)).join(", ")}`;
    return connectFirst(addresses, port, signal);
  }

  private async connectBy(
    proxy: Proxy,
    { hostname, port }: Target,
    material: TlsMaterial | undefined,
  ): Promise<net.Socket> {
    let socket: net.Socket;
    try {
      socket = await this.connectTo({ hostname: proxy.host, port: proxy.port }, "the proxy ");
      if (proxy.secure) {
        this.waitsFor = `the TLS handshake with the proxy ${shownProxy(proxy)}`;
        socket = await this.secured(socket, proxy.host, { ...material?.authorities });
      }
    } catch (cause) {
      throw new Error(`no connection to the proxy ${shownProxy(proxy)}`, { cause });
    }
    this.waitsFor = `the answer of the proxy ${shownProxy(proxy)}`;
    const raw = socket;
    const stop = () => raw.destroy();
    this.ended.signal.throwIfAborted();
    this.ended.signal.addEventListener("abort", stop);
    await openTunnel(raw, proxy, `${hostname}:${port}`);
    this.ended.signal.removeEventListener("abort", stop);
    return raw;
  }

  private secured(
    socket: net.Socket,
    hostname: string,
    options: ConnectionOptions,
  ): Promise<TLSSocket> {
    const { signal } = this.ended;
    signal.throwIfAborted();
    // Importing from a module of Node's costs every program, and few get here.
    const { connect } = process.getBuiltinModule("node:tls");
    const { isIP } = process.getBuiltinModule("node:net");
    const host = withoutBrackets(hostname);
    const name = isIP(host) === 0 ? { servername: host } : {};
    const secure = connect({ socket, host, ...name, ...options });
    return new Promise((resolve, reject) => {
      const stop = () => secure.destroy();
      signal.addEventListener("abort", stop);
      let stands = false;
      const fail = (reason: Error) => reject(reason);
      // Registered before the listeners of the connection's user, so that those see what an error
      // means. Below an HTTP/2 session, a TLS error closes nothing.
      secure.on("error", (reason) => {
        putIntoWords(reason, this.options.advice);
        if (!stands && secure.bytesRead === 0 && isHangUp(reason)) {
          withHint(reason, NO_TLS);
        }
        secure.destroy();
      });
      secure.on("error", fail);
      readAlertsFirst(secure);
      secure.once("close", () => {
        reject(withHint(new Error("the connection was closed in the handshake"), NO_TLS));
      });
      secure.once("secureConnect", () => {
        stands = true;
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
    // Without ALPN the server speaks HTTP/1.1: HTTP/2 over TLS must be agreed on (RFC 9113, section
    // 3.2).
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

interface Target {
  /** Spelled as in an address: IPv6 in brackets. */
  readonly hostname: string;
  readonly port: number;
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function shown({ address, family }: LookupAddress, port: number): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
