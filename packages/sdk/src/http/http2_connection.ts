import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionRequestOptions,
  OutgoingHttpHeaders,
} from "node:http2";
import { connect, constants } from "node:http2";
import type { Socket } from "node:net";
import { timerDelay } from "../policy/deadline.js";
import type { PeerSocket } from "../wire/recorder.js";
import { type Patient, type PingPolicy, Pulse } from "./http2_pulse.js";
import { IdleTimer } from "./idle_timer.js";
import { hintAtSilence, versionNotSpoken } from "./tls_failures.js";

/** What a connection tells the pool that it belongs to. */
export interface ConnectionOwner {
  /** It has room for a call, or for one more. */
  hasRoom(): void;
  /** It takes more or fewer streams at once than before. */
  isLimited(connection: Http2Connection): void;
  /** It takes no more calls. */
  leaves(connection: Http2Connection): void;
  /** It is closed. */
  isClosed(connection: Http2Connection): void;
  /** It was lost: its peer closed it without a word, or is not there. */
  isLost(): void;
  /** Nothing has come on one for so long, and a call on it was cut: others may be dead alike. */
  doubts(silentMs: number): void;
  /** Its server has had enough of PINGs. */
  pingedTooOften(): void;
}

/** What all connections of a pool have in common. */
export interface Http2Settings {
  /** Undefined: no PING is ever sent. */
  readonly pings: PingPolicy | undefined;
  /** After so long it takes no more calls, in milliseconds, give or take a tenth. */
  readonly maxConnectionAgeMs: number | undefined;
  /** How long the server's SETTINGS may take, in milliseconds. */
  readonly settingsTimeoutMs: number;
  /** What to do where the server does not speak HTTP/2. */
  readonly advice: string;
  /** A server has said something on one of them. */
  answered: boolean;
}

const STREAM_WINDOW_BYTES = 1_024 * 1_024;
const CONNECTION_WINDOW_BYTES = 16 * STREAM_WINDOW_BYTES;
// In megabytes. Node counts what waits to be sent, and beyond the limit resets
// streams whose answers come in (ENHANCE_YOUR_CALM). What comes in is bounded by
// the windows, and what goes out by what callers hold anyway.
const NO_MEMORY_LIMIT = 0xffffffff;
// Beyond the number of header fields that it takes, Node 20 ends the process (an
// assertion at the end of the session). Their size is bounded, 16 MiB with 32 bytes for
// each field (RFC 9113, section 10.5.1), and so are the frames of a head.
const NO_HEADER_LIMIT = (16 * 1_024 * 1_024) / 32;
// A frame without a payload (RFC 9113, section 4.1): of what a server sends, only that
// acknowledgment is so short.
const FRAME_HEAD_BYTES = 9;
const AGE_JITTER = 0.1;
/** So long without a byte says that a connection may be dead, in milliseconds. */
export const SILENCE_MS = 1_000;
// How long a connection that is closed in good order waits for its peer to do so, too.
const LINGER_MS = 1_000;

/** One connection of HTTP/2: its calls, and whether it takes more. */
export class Http2Connection implements Patient {
  /** The connection stands, and its peer has said how many streams it takes. */
  readonly ready: Promise<void>;
  readonly peer: PeerSocket;
  /** Streams that its peer takes at once. */
  maxStreams = 0;
  /** It had a call. */
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
    // A session that is gone listens to its socket no more.
    socket.on("error", () => {});
    // Who waits keeps the process, and then its calls.
    socket.unref();
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

  /** It takes a call now. */
  get hasRoom(): boolean {
    return this.takesCalls && this.streams < this.maxStreams;
  }

  /** It takes calls, now or when one of its own has ended. */
  get takesCalls(): boolean {
    const { inDoubt, left, session, socket, stands } = this;
    const open = !session.closed && !session.destroyed;
    // A session hears of the end of its socket some turns later.
    return stands && !inDoubt && !left && open && socket.readable && socket.writable;
  }

  /** Why it is closed, or takes no more calls. */
  get closedBy(): Error {
    return this.reason ?? new Error("the connection was closed");
  }

  get inUse(): boolean {
    return this.streams > 0;
  }

  /** It is asked whether its peer is there, and takes no calls until then. */
  get isAsked(): boolean {
    return this.inDoubt && !this.left;
  }

  /**
   * For how long nothing has come, in milliseconds. Looks when calls begin and end, and
   * when heads come: it may be longer.
   */
  get silentMs(): number {
    this.hear();
    return performance.now() - this.heardMs;
  }

  /** @returns What is to be called when a limit of time ends the call that begins now. */
  watchCall(): () => void {
    const { bytesRead } = this.socket;
    const beganMs = performance.now();
    return () => {
      const enoughMs = Math.min(SILENCE_MS, performance.now() - beganMs);
      // Unless it is the acknowledgment of SETTINGS sent long before.
      const silent = this.socket.bytesRead - bytesRead <= FRAME_HEAD_BYTES;
      if (silent || this.silentMs >= enoughMs) {
        this.doubt();
        this.owner.doubts(enoughMs);
      }
    };
  }

  /** @throws Error where the session has ended meanwhile, or a header cannot be sent. */
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

  /** Ends it with all its calls. */
  destroy(reason: Error): void {
    this.reason ??= reason;
    this.session.destroy(reason);
    // A session that has something left to write never closes its socket.
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

  // A client without calls does not keep its process.
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
    const { NGHTTP2_ENHANCE_YOUR_CALM } = constants;
    if (code === NGHTTP2_ENHANCE_YOUR_CALM && String(data) === "too_many_pings") {
      this.owner.pingedTooOften();
    }
    this.leave();
  }

  private closed(): void {
    const lost = this.stands && !this.left;
    this.left = true;
    if (!this.settings.answered) {
      this.reason ??= Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
      hintAtSilence(this.reason, this.socket);
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
