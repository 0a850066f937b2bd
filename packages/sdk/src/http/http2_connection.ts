import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  OutgoingHttpHeaders,
} from "node:http2";
import type { Socket } from "node:net";
import { timerDelay } from "../policy/deadline.js";
import type { PeerSocket } from "../wire/recorder.js";
import { HTTP2_CODES } from "./http2_codes.js";
import { type Patient, type PingPolicy, Pulse } from "./http2_pulse.js";
import { IdleTimer } from "./idle_timer.js";
import { hintAtSilence, versionNotSpoken } from "./tls_failures.js";

/** Receives a connection's news on behalf of its pool. */
export interface ConnectionOwner {
  /** Called when it has room for a call, or for one more. */
  hasRoom(): void;
  /** Called when it takes more or fewer simultaneous streams than before. */
  isLimited(connection: Http2Connection): void;
  /** Called when it takes no more calls. */
  leaves(connection: Http2Connection): void;
  /** Called when it is closed. */
  isClosed(connection: Http2Connection): void;
  /** Called when it was lost: its peer closed it without a word, or is not there. */
  isLost(): void;
  /**
   * Called when a call on a silent connection was cut: others that were silent as long may be dead
   * alike.
   */
  doubts(silentMs: number): void;
  /** Called when its server has had enough of PINGs. */
  pingedTooOften(): void;
}

/** Settings that all connections of a pool share. */
export interface Http2Settings {
  /** PING policy; undefined to send none. */
  readonly pings: PingPolicy | undefined;
  /** Age after which it takes no more calls, in milliseconds, give or take a tenth. */
  readonly maxConnectionAgeMs: number | undefined;
  /** Longest wait for the server's SETTINGS, in milliseconds. */
  readonly settingsTimeoutMs: number;
  /** Advice for the error if the server does not speak HTTP/2. */
  readonly advice: string;
  /** True once a server has answered on one of them. */
  answered: boolean;
}

const STREAM_WINDOW_BYTES = 1_024 * 1_024;
const CONNECTION_WINDOW_BYTES = 16 * STREAM_WINDOW_BYTES;
// In megabytes. Node counts data that waits to be sent, and beyond the limit resets streams whose
// answers arrive (ENHANCE_YOUR_CALM). Received data is bounded by the windows, and sent data by
// what callers hold anyway.
const NO_MEMORY_LIMIT = 0xffffffff;
// Above its limit of header fields, Node 20 ends the process (an assertion at the end of the
// session). Their size is bounded anyway, at 16 MiB with 32 bytes for each field (RFC 9113, section
// 10.5.1), and so are the frames of a head.
const NO_HEADER_LIMIT = (16 * 1_024 * 1_024) / 32;
// Size of a frame without a payload (RFC 9113, section 4.1): of a server's frames, only the
// acknowledgment of SETTINGS is that short.
const FRAME_HEAD_BYTES = 9;
const AGE_JITTER = 0.1;
/** Time without a byte after which a connection may be dead, in milliseconds. */
export const SILENCE_MS = 1_000;
// Time that a gracefully closed connection waits for its peer to close too.
const LINGER_MS = 1_000;

/** One HTTP/2 connection: its calls, and whether it takes more. */
export class Http2Connection implements Patient {
  /**
   * Resolves once the connection is established and its peer has said how many streams it takes.
   */
  readonly ready: Promise<void>;
  readonly peer: PeerSocket;
  /** Number of simultaneous streams that its peer takes. */
  maxStreams = 0;
  /** True once it has had a call. */
  wasUsed = false;
  private readonly session: ClientHttp2Session;
  private readonly pulse: Pulse | undefined;
  private readonly idle = new IdleTimer(() => this.closeIfUnused());
  private age: NodeJS.Timeout | undefined;
  private linger: NodeJS.Timeout | undefined;
  private streams = 0;
  private heardBytes = 0;
  private heardMs = 0;
  private stands = false;
  private inDoubt = false;
  private left = false;
  private reason: Error | undefined;

  constructor(
    origin: string,
    private readonly socket: Socket,
    private readonly settings: Http2Settings,
    private readonly owner: ConnectionOwner,
  ) {
    const { pings } = settings;
    const { remoteAddress, remotePort } = socket;
    this.peer = { remoteAddress, remotePort };
    // A destroyed session no longer listens to its socket.
    socket.on("error", () => {});
    // Waiting calls keep the process alive, and later the calls themselves do.
    socket.unref();
    const { connect } = process.getBuiltinModule("node:http2");
    const session = connect(origin, {
      createConnection: () => socket,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
      maxSessionMemory: NO_MEMORY_LIMIT,
      maxHeaderListPairs: NO_HEADER_LIMIT,
    });
    this.session = session;
    this.pulse = pings && new Pulse(session, socket, pings, this);
    session.on("error", (error: Error & { code?: string }) => {
      const isAnotherProtocol = !this.stands && error.code === "ERR_HTTP2_ERROR";
      this.reason ??= isAnotherProtocol ? versionNotSpoken(settings.advice) : error;
    });
    session.once("connect", () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    session.once("goaway", (code, _lastStream, data) => this.goneAway(code, data));
    session.once("close", () => this.closed());
    this.ready = this.settled(settings);
  }

  /** True if it takes a call now. */
  get hasRoom(): boolean {
    return this.takesCalls && this.streams < this.maxStreams;
  }

  /** True if it takes calls, now or once one of its own has ended. */
  get takesCalls(): boolean {
    const { inDoubt, left, session, socket, stands } = this;
    const open = !session.closed && !session.destroyed;
    // A session hears of the end of its socket some turns later.
    return stands && !inDoubt && !left && open && socket.readable && socket.writable;
  }

  /** Reason for which it is closed, or takes no more calls. */
  get closedBy(): Error {
    return this.reason ?? new Error("the connection was closed");
  }

  get inUse(): boolean {
    return this.streams > 0;
  }

  /** True while it waits for an answer from its peer, and takes no calls until then. */
  get isAsked(): boolean {
    return this.inDoubt && !this.left;
  }

  /**
   * Time for which nothing has come, in milliseconds. Updated when calls begin and end, and when
   * heads arrive: it may be longer.
   */
  get silentMs(): number {
    this.hear();
    return performance.now() - this.heardMs;
  }

  /** @returns Function to call when a time limit ends the call that begins now. */
  watchCall(): () => void {
    const { bytesRead } = this.socket;
    const beganMs = performance.now();
    return () => {
      const enoughMs = Math.min(SILENCE_MS, performance.now() - beganMs);
      // Except for the acknowledgment of SETTINGS that were sent long before.
      const silent = this.socket.bytesRead - bytesRead <= FRAME_HEAD_BYTES;
      if (silent || this.silentMs >= enoughMs) {
        this.doubt();
        this.owner.doubts(enoughMs);
      }
    };
  }

  /** @throws Error if the session has ended meanwhile, or a header cannot be sent. */
  open(head: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    const stream = this.session.request(head, options);
    this.hear();
    stream.once("response", this.hear);
    stream.once("close", this.ended);
    if (this.streams++ === 0) {
      this.wasUsed = true;
      this.socket.ref();
    }
    this.pulse?.watch();
    return stream;
  }

  /** Takes no calls until its peer has shown that it is there. */
  doubt(): void {
    if (this.pulse === undefined) {
      this.leave();
    } else if (!this.left) {
      this.inDoubt = true;
      this.pulse.ask();
    }
  }

  alive(): void {
    if (this.inDoubt) {
      this.inDoubt = false;
      this.owner.hasRoom();
    }
  }

  dead(reason: Error): void {
    this.destroy(reason);
  }

  /** Takes no more calls, and closes when those under way have ended. */
  leave(): void {
    if (!this.left) {
      this.left = true;
      this.session.close();
      this.lingerIfUnused();
      this.owner.leaves(this);
    }
  }

  /** Ends it together with all its calls. */
  destroy(reason: Error): void {
    this.reason ??= reason;
    this.session.destroy(reason);
    // A session with data left to write never closes its socket.
    this.socket.destroy();
  }

  private async settled(settings: Http2Settings): Promise<void> {
    const { maxConnectionAgeMs, pings, settingsTimeoutMs } = settings;
    const { session } = this;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      session.once("remoteSettings", () => resolve());
      session.once("close", () => reject(this.closedBy));
      timer = setTimeout(() => {
        this.destroy(new Error(`no SETTINGS came in ${settingsTimeoutMs} ms (connectTimeoutMs)`));
      }, timerDelay(settingsTimeoutMs)).unref();
    }).finally(() => clearTimeout(timer));
    session.on("remoteSettings", () => this.limited());
    this.stands = true;
    settings.answered = true;
    this.limited();
    if (!this.inUse) {
      this.unused();
    }
    if (pings?.whileIdle === true) {
      this.pulse?.watch();
    }
    if (maxConnectionAgeMs !== undefined) {
      const jitter = 1 + AGE_JITTER * (2 * Math.random() - 1);
      this.age = setTimeout(() => this.leave(), timerDelay(maxConnectionAgeMs * jitter)).unref();
    }
  }

  private readonly hear = (): void => {
    const { bytesRead } = this.socket;
    if (bytesRead !== this.heardBytes) {
      this.heardBytes = bytesRead;
      this.heardMs = performance.now();
    }
  };

  private limited(): void {
    const { maxConcurrentStreams } = this.session.remoteSettings;
    this.maxStreams = maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
    this.owner.isLimited(this);
  }

  // One listener for all streams.
  private readonly ended = (): void => {
    this.hear();
    if (--this.streams === 0) {
      this.unused();
    }
    this.owner.hasRoom();
  };

  // Lets the process end: a client without calls does not keep it.
  private unused(): void {
    this.socket.unref();
    if (this.session.closed) {
      this.lingerIfUnused();
    } else {
      this.idle.begin();
    }
  }

  private closeIfUnused(): void {
    if (!this.inUse) {
      this.leave();
    }
  }

  private lingerIfUnused(): void {
    if (!this.inUse) {
      this.linger ??= setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
    }
  }

  private goneAway(code: number, data: Uint8Array | undefined): void {
    if (code === HTTP2_CODES.ENHANCE_YOUR_CALM && String(data) === "too_many_pings") {
      this.owner.pingedTooOften();
    }
    this.leave();
  }

  private closed(): void {
    const lost = this.stands && !this.left;
    this.left = true;
    if (!this.settings.answered) {
      this.reason ??= Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
      hintAtSilence(this.reason, this.socket, "HTTP/2");
    }
    clearTimeout(this.age);
    clearTimeout(this.linger);
    this.idle.stop();
    this.pulse?.stop();
    this.socket.destroy();
    this.owner.isClosed(this);
    if (lost) {
      this.owner.isLost();
    }
  }
}
