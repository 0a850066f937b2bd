import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import {
  createServer as createTlsServer,
  type Server as TlsServer,
  type TlsOptions as TlsServerOptions,
  type TLSSocket,
} from "node:tls";
import { checkScript, isConnectionLevel, momentOf, needsOwnPort } from "./check_script.js";
import {
  aborted,
  type Connection,
  type Exchange,
  type Host,
  pause,
  RESET_GAP_MS,
} from "./exchange.js";
import { Link } from "./link.js";
import { Listener } from "./listener.js";
import { perform } from "./perform.js";
import { type RecordedRequest, Recorder } from "./recorder.js";
import { ScriptError } from "./rules.js";
import type { Action, Script } from "./script.js";
import { EXHAUSTED, ScriptRun, type Turn } from "./script_run.js";

/** TLS material and terms of a server. */
export interface FaultTls {
  /** PEM. */
  readonly key: string;
  /** Certificate chain, PEM. */
  readonly cert: string;
  /** ALPN names it picks from. Default: h2 and http/1.1. Empty: no ALPN. */
  readonly alpn?: readonly string[];
  /**
   * Authority of client certificates, PEM. Default: none is asked for. With it, clients without a
   * certificate are not served.
   */
  readonly clientAuthority?: string;
  /** The newest version of TLS. Default: Node's. */
  readonly maxVersion?: "TLSv1.1" | "TLSv1.2";
}

export interface FaultServerOptions {
  /** Governs every request whose path begins with no script id. Default: no script. */
  readonly script?: Script;
  /** Base URL of the real server behind, `http://host:port`, for `forward`. */
  readonly upstream?: string;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: 0, a free one. */
  readonly port?: number;
  /** Default: no TLS. */
  readonly tls?: FaultTls;
  /** HTTP/2: maximum number of simultaneous streams on a connection. Default: any number. */
  readonly maxConcurrentStreams?: number;
  /** Called when the action for a request begins. */
  readonly onRequest?: (request: RecordedRequest) => void;
}

/** Script that shares the port with others. */
export interface MountedScript {
  /** Base URL whose path prefix leads to this script. */
  readonly url: string;
  /** Its requests so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
}

/**
 * Starts a server that treats each request as its script says.
 *
 * @throws ScriptError if the script breaks a rule
 * @throws Error if the port is in use
 */
export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const server = new FaultServer(options);
  await server.reset(options.script ?? { attempts: [] });
  return server;
}

function toNode(tls: FaultTls): TlsServerOptions {
  const { alpn = ["h2", "http/1.1"], cert, clientAuthority, key, maxVersion } = tls;
  return {
    cert,
    key,
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true }),
    // OpenSSL does not speak versions before 1.2 at its default security level.
    ...(maxVersion && { maxVersion, minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }),
  };
}

/** A running fault server; made by `startFaultServer`. */
export class FaultServer {
  private readonly recorder = new Recorder();
  private readonly links = new Set<Link>();
  private readonly mounted = new Map<string, ScriptRun>();
  private readonly closing = new AbortController();
  private readonly listener: Listener;
  private readonly tls: TlsServer | undefined;
  private readonly host: Host;
  private own = new ScriptRun("", {});
  private ownNeedsPort = false;
  private timer: NodeJS.Timeout | undefined;
  private connectionCount = 0;

  /** @internal */
  constructor(private readonly options: FaultServerOptions) {
    const { upstream, tls, host = "127.0.0.1", port = 0 } = options;
    if (upstream !== undefined && !/^http:\/\/[^/]+\/?$/.test(upstream)) {
      throw new Error(`fault server: upstream must be http://host:port, is ${upstream}`);
    }
    this.listener = new Listener(host, port, (socket) => void this.accept(socket));
    this.tls = tls && createTlsServer(toNode(tls));
    this.tls?.setMaxListeners(0);
    // Every exchange in flight listens for the end.
    setMaxListeners(0, this.closing.signal);
    this.host = {
      maxConcurrentStreams: options.maxConcurrentStreams,
      unread: (connection) => this.unread(connection),
      serve: (exchange) => this.serve(exchange),
    };
  }

  get port(): number {
    return this.listener.port;
  }

  /** Base URL without a slash at its end. */
  get url(): string {
    const { host } = this.listener;
    const name = host.includes(":") ? `[${host}]` : host;
    return `${this.tls ? "https" : "http"}://${name}:${this.port}`;
  }

  /** All records so far, of all scripts, oldest first. */
  get requests(): readonly RecordedRequest[] {
    return this.recorder.requests;
  }

  /** Returns the number of TCP connections that are open now, as seen from here. */
  openSockets(): number {
    return this.links.size;
  }

  /** Number of TCP connections accepted so far. */
  get connections(): number {
    return this.connectionCount;
  }

  /** Starts over with this script as the server's own; forgets all records. Connections stay. */
  async reset(script: Script): Promise<void> {
    const checked = checkScript(script, {
      upstream: this.options.upstream !== undefined,
      ownPort: this.mounted.size === 0,
    });
    clearTimeout(this.timer);
    this.own = new ScriptRun("", checked);
    this.ownNeedsPort = needsOwnPort(checked);
    this.recorder.forget();
    await this.listener.open();
    await this.prepareNext();
  }

  /**
   * Adds a script under `/<id>/…`, isolated from all others. The prefix is removed before the path
   * is recorded, matched or forwarded. An existing id is replaced.
   *
   * @param id 1..128 letters, digits, `.`, `_`, `-`
   * @throws ScriptError
   */
  mount(id: string, script: Script): MountedScript {
    if (!/^[A-Za-z0-9._-]{1,128}$/.test(id)) {
      throw new ScriptError("id", "must be 1..128 letters, digits, dots, underscores or hyphens");
    }
    if (this.ownNeedsPort) {
      throw new ScriptError(
        "script",
        "acts before the path is known, so no other script can be added",
      );
    }
    const abilities = { upstream: this.options.upstream !== undefined, ownPort: false };
    this.mounted.set(id, new ScriptRun(id, checkScript(script, abilities)));
    const recorder = this.recorder;
    return {
      url: `${this.url}/${id}`,
      get requests() {
        return recorder.of(id);
      },
    };
  }

  /** Removes a script. Its records stay. */
  unmount(id: string): void {
    this.mounted.delete(id);
  }

  /** Ends a `refuse`: once it resolves, connects are accepted. Without one it does nothing. */
  async open(): Promise<void> {
    clearTimeout(this.timer);
    if (this.own.next && "refuse" in this.own.next) {
      this.own.take();
    }
    await this.listener.open();
  }

  /**
   * Resolves once `condition` holds, which is checked at every change of the records or sockets.
   */
  until(condition: () => boolean): Promise<void> {
    return this.recorder.until(condition, this.closing.signal);
  }

  /** Closes the port and destroys every connection; never waits for a client. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.closing.abort();
    this.listener.dispose();
    const links = [...this.links];
    for (const link of links) {
      link.destroy();
    }
    await Promise.all(links.map((link) => aborted(link.closed)));
    this.recorder.changed();
  }

  private async accept(socket: Socket): Promise<void> {
    const link = new Link(++this.connectionCount, socket);
    this.links.add(link);
    link.closed.addEventListener("abort", () => {
      this.links.delete(link);
      this.recorder.changed();
    });
    const { next } = this.own;
    if (next && momentOf(next) === "on_connect") {
      await this.breakUnread(this.own.take(), link);
    } else if (this.tls) {
      // The TLS server makes its socket from ours within this call or reports a failed handshake.
      const secured = (secure: TLSSocket) => {
        if (secure.remotePort !== socket.remotePort) {
          return;
        }
        this.tls?.off("secureConnection", secured);
        void link.serve(secure, this.host);
      };
      this.tls.on("secureConnection", secured);
      link.closed.addEventListener("abort", () => this.tls?.off("secureConnection", secured));
      this.tls.emit("connection", socket);
    } else {
      await link.serve(socket, this.host);
    }
  }

  private unread(connection: Connection): boolean {
    const { next } = this.own;
    if (!next || !isConnectionLevel(next)) {
      return false;
    }
    if ("refuse" in next) {
      connection.reset();
    } else {
      void this.breakUnread(this.own.take(), connection as Link);
    }
    return true;
  }

  private async breakUnread(turn: Turn, link: Link): Promise<void> {
    const record = this.begin({ ...turn, connection: link.id });
    await this.prepareNext(link);
    const action = turn.action as Action;
    if ("stall" in action) {
      link.ignore();
      await aborted(link.closed);
      this.recorder.finish(record, { closedEarly: !this.closing.signal.aborted });
      return;
    }
    if ("reset" in action && link.http2) {
      await pause(RESET_GAP_MS, link.closed).catch(() => {});
    }
    this.recorder.finish(record, { closedEarly: false });
    if ("reset" in action) {
      link.reset();
    } else {
      link.fin();
    }
  }

  private async serve(exchange: Exchange): Promise<void> {
    const { run, path } = this.route(exchange.head.path);
    const head = { ...exchange.head, path };
    const turn = run.take(path);
    const record = this.begin({ ...turn, connection: exchange.connection.id, head });
    if (run === this.own) {
      await this.prepareNext();
    }
    const action = turn.action === "exhausted" ? { respond: EXHAUSTED } : turn.action;
    await perform(action, exchange, {
      recorder: this.recorder,
      record,
      head,
      upstream: this.options.upstream,
      closing: this.closing.signal,
    });
  }

  private begin(arrival: Parameters<Recorder["begin"]>[0]): RecordedRequest {
    const record = this.recorder.begin(arrival);
    this.options.onRequest?.(record);
    this.recorder.changed();
    return record;
  }

  private route(path: string): { run: ScriptRun; path: string } {
    const prefix = /^\/([A-Za-z0-9._-]+)(?=[/?]|$)/.exec(path);
    const run = prefix && this.mounted.get(prefix[1] ?? "");
    if (!prefix || !run) {
      return { run: this.own, path };
    }
    const rest = path.slice(prefix[0].length);
    return { run, path: rest.startsWith("/") ? rest : `/${rest}` };
  }

  /** The next attempt has to connect if its action is for connects, so idle connections end now. */
  private async prepareNext(current?: Link): Promise<void> {
    const { next } = this.own;
    if (!next || this.closing.signal.aborted) {
      return;
    }
    const refuse = "refuse" in next ? next.refuse : undefined;
    if (!refuse && momentOf(next) !== "on_connect") {
      return;
    }
    for (const link of this.links) {
      if (link !== current) {
        link.retire();
      }
    }
    if (!refuse) {
      return;
    }
    await this.listener.close();
    if (refuse.forMs !== undefined) {
      this.timer = setTimeout(() => void this.open(), refuse.forMs).unref();
    }
  }
}
