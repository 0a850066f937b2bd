import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { timerDelay } from "../policy/deadline.js";

/** When a connection is asked whether its peer is there. Shared by those to one origin. */
export interface PingPolicy {
  /** After so long without a byte from the peer, in milliseconds. It grows when a server says so. */
  intervalMs: number;
  /** How long the answer may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Also while no call is under way. */
  readonly whileIdle: boolean;
}

/** Whom a pulse is for. */
export interface Patient {
  /** Calls are under way. */
  readonly inUse: boolean;
  /** It has answered, or something else has come. */
  alive(): void;
  /** Nothing has come. */
  dead(reason: Error): void;
}

/** Finds out by PINGs (RFC 9113, section 6.7) whether the peer of a connection is there. */
export class Pulse {
  private interval: NodeJS.Timeout | undefined;
  private limit: NodeJS.Timeout | undefined;
  private seenBytes = 0;

  constructor(
    private readonly session: ClientHttp2Session,
    private readonly socket: Socket,
    private readonly policy: PingPolicy,
    private readonly patient: Patient,
  ) {}

  /**
   * A PING follows when nothing comes for an interval. Looks once an interval, so
   * that what is called often costs nothing: silence is found after two at the latest.
   */
  watch(): void {
    if (this.interval === undefined && this.limit === undefined) {
      this.seenBytes = this.socket.bytesRead;
      this.interval = setTimeout(this.look, timerDelay(this.policy.intervalMs)).unref();
    }
  }

  /** Asks now. */
  ask(): void {
    if (this.limit !== undefined || this.session.destroyed) {
      return;
    }
    clearTimeout(this.interval);
    this.interval = undefined;
    this.seenBytes = this.socket.bytesRead;
    this.limit = setTimeout(this.late, timerDelay(this.policy.timeoutMs)).unref();
    this.session.ping((error) => {
      if (error === null) {
        this.answered();
      }
    });
  }

  stop(): void {
    clearTimeout(this.interval);
    clearTimeout(this.limit);
  }

  private readonly look = (): void => {
    this.interval = undefined;
    if (!this.policy.whileIdle && !this.patient.inUse) {
      return;
    }
    if (this.socket.bytesRead === this.seenBytes) {
      this.ask();
    } else {
      this.watch();
    }
  };

  private readonly late = (): void => {
    if (this.socket.bytesRead !== this.seenBytes) {
      this.answered();
    } else {
      this.patient.dead(new Error(`no answer to a PING in ${this.policy.timeoutMs} ms`));
    }
  };

  private answered(): void {
    clearTimeout(this.limit);
    this.limit = undefined;
    this.patient.alive();
    if (this.policy.whileIdle || this.patient.inUse) {
      this.watch();
    }
  }
}
