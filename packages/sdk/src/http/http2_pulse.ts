import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { timerDelay } from "../policy/deadline.js";

/** Policy of asking whether a peer is there. Shared by the connections to one origin. */
export interface PingPolicy {
  /**
   * Time without a byte from the peer before a PING, in milliseconds. It grows when a server says
   * so.
   */
  intervalMs: number;
  /** Longest wait for the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** True to send PINGs even while no call is under way. */
  readonly whileIdle: boolean;
}

/** Owner of a pulse. */
export interface Patient {
  /** True while calls are under way. */
  readonly inUse: boolean;
  /** Called when it has answered, or something else has come. */
  alive(): void;
  /** Called when nothing has come. */
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
   * Sends a PING once nothing has come for an interval. It checks once per interval, so that
   * frequent calls cost nothing: silence is found after two intervals at the latest.
   */
  watch(): void {
    if (this.interval === undefined && this.limit === undefined) {
      this.seenBytes = this.socket.bytesRead;
      this.interval = setTimeout(this.look, timerDelay(this.policy.intervalMs)).unref();
    }
  }

  /** Sends a PING now. */
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
