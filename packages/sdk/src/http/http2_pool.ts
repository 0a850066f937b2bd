import type {
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  OutgoingHttpHeaders,
} from "node:http2";
import { timerDelay } from "../policy/deadline.js";
import type { Recording } from "../wire/recorder.js";
import { listen, unlisten } from "../runtime/signals.js";
import type { Dialer } from "./dial.js";
import { type ConnectionOwner, Http2Connection, type Http2Settings } from "./http2_connection.js";
import { watchStream } from "./http2_stream.js";

/**
 * Time that a connection in doubt gets to answer before another is made, in milliseconds; at most
 * half of its silence.
 */
export const ANSWER_MS = 250;

/**
 * Time for which a connection being made is the only one, in milliseconds; doubled after each
 * further one.
 */
export const MAKING_MS = 250;
/** Upper bound of that time: a server that is back is found within it. */
export const LONGEST_MAKING_MS = 1_000;

/** Request, as far as HTTP/2 knows it. */
export interface Http2Request {
  readonly head: OutgoingHttpHeaders;
  readonly options: ClientSessionRequestOptions;
  readonly recording: Recording | undefined;
}

/** Connection that is being made. */
interface Making {
  /** True once a call has waited for it until a limit ended the call. */
  hangs: boolean;
}

/**
 * Pool of connections to one origin. A call uses the first one that has room. If none has, calls
 * wait in line for one connect that they share; if a server bounds the streams of a connection,
 * further ones are made, up to a number.
 */
export class Http2Pool implements ConnectionOwner {
  private readonly connections = new Set<Http2Connection>();
  private readonly line = new Set<Waiter>();
  // Keeps the process alive while calls wait.
  private hold: NodeJS.Timeout | undefined;
  private wanted: (() => void) | undefined;
  private readonly making = new Set<Making>();
  private lastConnectMs = 0;
  private closed: Error | undefined;
  private isLetGo = false;
  // Timer until which connections in doubt may answer: that is faster than another connection.
  private patience: NodeJS.Timeout | undefined;
  // Number of streams of the connection whose server stated it last.
  private maxStreams = Number.POSITIVE_INFINITY;

  constructor(
    private readonly origin: string,
    private readonly dialer: Dialer,
    private readonly settings: Http2Settings,
    private readonly maxConnections: number,
  ) {}

  /** Sends the head of a request as soon as there is a stream for it. */
  request(request: Http2Request): Promise<ClientHttp2Stream> {
    const { recording } = request;
    if (recording !== undefined) {
      recording.connected = false;
      if (recording.signal?.aborted === true) {
        return Promise.reject(recording.signal.reason);
      }
    }
    try {
      const stream = this.line.size === 0 ? this.begin(request) : undefined;
      if (stream !== undefined) {
        return Promise.resolve(stream);
      }
    } catch (reason) {
      return Promise.reject(reason);
    }
    return new Promise((resolve, reject) => this.wait(new Waiter(this, request, resolve, reject)));
  }

  close(reason: Error): void {
    this.closed = reason;
    this.dialer.close(reason);
    clearTimeout(this.patience);
    this.refuseAll(reason);
    for (const connection of this.connections) {
      connection.destroy(reason);
    }
  }

  /** Accepts no further calls: connections end with the calls that they have. */
  letGo(): void {
    this.isLetGo = true;
    for (const connection of this.connections) {
      connection.leave();
    }
  }

  /** Removes a request that has stopped waiting. */
  leaveLine(waiter: Waiter): void {
    this.line.delete(waiter);
    if (this.line.size === 0) {
      clearInterval(this.hold);
      this.wanted?.();
    }
  }

  hasRoom(): void {
    if (this.line.size === 0) {
      return;
    }
    for (const waiter of this.line) {
      try {
        const stream = this.begin(waiter.request);
        if (stream === undefined) {
          break;
        }
        waiter.resolve(stream);
      } catch (reason) {
        waiter.reject(reason as Error);
      }
    }
  }

  isLimited({ maxStreams }: Http2Connection): void {
    this.maxStreams = maxStreams;
    this.hasRoom();
    this.connectIfNeeded();
  }

  leaves(connection: Http2Connection): void {
    this.changed(connection);
  }

  isClosed(connection: Http2Connection): void {
    this.connections.delete(connection);
    this.changed(connection);
  }

  // A connection that ends without a call counts as a failed connect, so that waiters do not keep
  // asking a server that closes all at once.
  private changed(connection: Http2Connection): void {
    if (connection.takesCalls || connection.wasUsed) {
      this.connectIfNeeded();
    } else {
      this.refuseIfAlone(connection.closedBy);
    }
  }

  // A dead path is dead for all connections that took it.
  doubts(silentMs: number): void {
    this.ask(silentMs, Math.min(ANSWER_MS, silentMs / 2));
  }

  // The end of one connection mostly means the end of all, and retries come at once.
  isLost(): void {
    if (this.closed === undefined) {
      this.ask(0, ANSWER_MS);
    }
  }

  private ask(silentMs: number, patienceMs: number): void {
    for (const connection of this.connections) {
      if (connection.takesCalls && connection.silentMs >= silentMs) {
        connection.doubt();
      }
    }
    if (this.closed !== undefined || !this.any((connection) => connection.isAsked)) {
      return;
    }
    // A busy process runs due timers before it hears of its sockets.
    this.patience ??= setTimeout(() => setImmediate(this.isPatientNoMore), patienceMs);
  }

  private readonly isPatientNoMore = (): void => {
    this.patience = undefined;
    this.connectIfNeeded();
    this.tellAll();
  };

  // As in gRPC (gRFC A8).
  pingedTooOften(): void {
    const { pings } = this.settings;
    if (pings !== undefined) {
      pings.intervalMs *= 2;
    }
  }

  // Returns undefined if no connection has room.
  private begin({ head, options, recording }: Http2Request): ClientHttp2Stream | undefined {
    for (const connection of this.connections) {
      if (connection.hasRoom) {
        try {
          const stream = connection.open(head, options);
          if (recording !== undefined) {
            recording.queued = undefined;
            watchStream(stream, connection, recording);
          }
          return stream;
        } catch (reason) {
          // A session may end at any time; another one takes the call.
          if (connection.takesCalls) {
            throw reason;
          }
        }
      }
    }
    return undefined;
  }

  private wait(waiter: Waiter): void {
    const { recording } = waiter.request;
    if (this.closed !== undefined) {
      waiter.reject(this.closed);
      return;
    }
    if (this.line.size === 0) {
      this.hold = setInterval(() => {}, timerDelay(Number.POSITIVE_INFINITY));
      this.wanted = this.dialer.demand.wait();
    }
    this.line.add(waiter);
    listen(recording?.signal, waiter);
    if (recording !== undefined) {
      recording.onTimeout = this.isHanging;
    }
    this.connectIfNeeded();
    this.tell(recording);
  }

  // A connection being made may never be established, and newcomers would wait as long.
  private readonly isHanging = (): void => {
    const aloneMs = Math.min(LONGEST_MAKING_MS, MAKING_MS * 2 ** this.hanging);
    if (performance.now() - this.lastConnectMs >= aloneMs) {
      this.making.forEach((each) => (each.hangs = true));
    }
  };

  private tellAll(): void {
    for (const { request } of this.line) {
      this.tell(request.recording);
    }
  }

  private tell(recording: Recording | undefined): void {
    if (recording !== undefined) {
      recording.queued = this.making.size > 0 ? undefined : "a stream";
    }
  }

  private connectIfNeeded(): void {
    const { closed, line, maxConnections, maxStreams, open } = this;
    // A server that takes no streams for now takes none on another connection either.
    if (line.size === 0 || closed !== undefined || (open > 0 && maxStreams === 0)) {
      return;
    }
    if (this.patience !== undefined && this.any((connection) => connection.isAsked)) {
      return;
    }
    const wanted = Math.max(1, Math.ceil(line.size / Math.max(1, maxStreams)));
    while (this.making.size < Math.min(wanted + this.hanging, maxConnections - open)) {
      void this.connect();
    }
  }

  private any(holds: (connection: Http2Connection) => boolean): boolean {
    for (const connection of this.connections) {
      if (holds(connection)) {
        return true;
      }
    }
    return false;
  }

  // Number of connections that take calls.
  private get open(): number {
    let open = 0;
    for (const { takesCalls } of this.connections) {
      open += takesCalls ? 1 : 0;
    }
    return open;
  }

  private async connect(): Promise<void> {
    const made: Making = { hangs: false };
    this.making.add(made);
    this.lastConnectMs = performance.now();
    try {
      const { socket } = await this.dialer.dial(["h2"]);
      if (this.closed !== undefined) {
        socket.destroy();
        throw this.closed;
      }
      const connection = new Http2Connection(this.origin, socket, this.settings, this);
      this.connections.add(connection);
      await connection.ready;
      this.making.delete(made);
      this.hasRoom();
      this.changed(connection);
      // Another connection may have come back to life meanwhile, or the waiters may have left.
      const isNeeded =
        connection.inUse || !this.any((other) => other !== connection && other.hasRoom);
      if (this.isLetGo || !isNeeded) {
        connection.leave();
      }
    } catch (reason) {
      this.making.delete(made);
      this.refuseIfAlone(reason as Error);
    }
    this.tellAll();
  }

  private get hanging(): number {
    let hanging = 0;
    for (const { hangs } of this.making) {
      hanging += hangs ? 1 : 0;
    }
    return hanging;
  }

  private refuseIfAlone(reason: Error): void {
    if (this.making.size === this.hanging && this.open === 0) {
      this.refuseAll(reason);
    }
  }

  private refuseAll(reason: Error): void {
    for (const waiter of this.line) {
      waiter.reject(reason);
    }
  }
}

// Request that has no stream yet.
class Waiter {
  constructor(
    private readonly pool: Http2Pool,
    readonly request: Http2Request,
    private readonly resolved: (stream: ClientHttp2Stream) => void,
    private readonly rejected: (reason: Error) => void,
  ) {}

  /** Called when its attempt is over. */
  handleEvent(): void {
    this.reject(this.request.recording?.signal?.reason as Error);
  }

  resolve(stream: ClientHttp2Stream): void {
    this.leave();
    this.resolved(stream);
  }

  reject(reason: Error): void {
    this.leave();
    this.rejected(reason);
  }

  private leave(): void {
    this.pool.leaveLine(this);
    unlisten(this.request.recording?.signal, this);
  }
}
