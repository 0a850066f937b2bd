import { type Clock, systemClock } from "../runtime/runtime.js";
import { thrownText } from "../errors/thrown_text.js";
import { Unwanted } from "./demand.js";
import type { Dialer } from "./dial.js";

/** Pause after a failed connect, before jitter; doubled after each further one. */
export const FIRST_PAUSE_MS = 50;
/** Longest pause: a server that is back is found within it. */
export const LONGEST_PAUSE_MS = 1_000;
/** Remaining pause that a newcomer waits for; if more is left it fails at once. */
export const PATIENCE_MS = 100;
/** Time that connects wait for one under way, if none has failed. */
export const ALONE_MS = 10;

/** Tools that {@link ConnectBackoff} works with. */
export interface BackoffContext {
  readonly clock: Pick<Clock, "now" | "setTimer" | "clearTimer">;
  /** Uniform in [0, 1), one draw for each pause. */
  readonly random: () => number;
}

/**
 * Spaces connects to one origin, for all of its calls. A failed connect is followed by a pause;
 * then one connect goes alone, and its result holds for every call that wants to connect meanwhile.
 * The scheme is gRPC's (connection-backoff.md), with shorter pauses: calls have deadlines, and fail
 * while there is no connection.
 */
export class ConnectBackoff {
  private failures = 0;
  private pauseEndsMs = 0;
  private lastError: unknown;
  /** Number of failed connects, except those that began before another failed. */
  private round = 0;
  /** Connect that others wait for. */
  private leader: Promise<unknown> | undefined;
  /** Wait for the end of a pause, or for the leader; shared by all who wait. */
  private pause: Wait | undefined;
  private moment: Wait | undefined;
  private closed = false;

  constructor(
    private readonly context: BackoffContext = { clock: systemClock, random: Math.random },
  ) {}

  /**
   * Connects as soon as it may. Rejects without connecting if the pause is still long, or if the
   * connect it waited for failed.
   *
   * @param dial - Makes one connection; if it rejects, nothing was sent.
   */
  async run<T>(dial: () => Promise<T>): Promise<T> {
    const leftMs = this.pauseEndsMs - this.context.clock.now();
    if (leftMs > 0 && !this.closed) {
      if (leftMs > PATIENCE_MS) {
        throw this.paused(Math.ceil(leftMs));
      }
      await this.pauseEnds(leftMs);
    }
    const { leader } = this;
    if (leader !== undefined && !this.closed) {
      await Promise.race([leader, this.momentEnds(leader)]);
      if (this.failures > 0) {
        // It takes long: the next one starts, alone as well.
        return this.run(dial);
      }
    }
    return this.connect(dial);
  }

  /** Ends all waits; the dialer then refuses the waiters. */
  close(): void {
    this.closed = true;
    this.pause?.end();
    this.moment?.end();
  }

  private async connect<T>(dial: () => Promise<T>): Promise<T> {
    const { round } = this;
    const made = dial();
    this.leader ??= made;
    try {
      const connection = await made;
      this.failures = 0;
      this.pauseEndsMs = 0;
      this.lastError = undefined;
      return connection;
    } catch (error) {
      if (this.leader === made) {
        this.moment?.end();
      }
      // Failures of simultaneous connects count as one.
      if (round === this.round && !(error instanceof Unwanted)) {
        this.failed(error);
      }
      throw error;
    } finally {
      if (this.leader === made) {
        this.leader = undefined;
        this.moment?.end();
      }
    }
  }

  private failed(error: unknown): void {
    const { clock, random } = this.context;
    const nowMs = clock.now();
    const isNews = nowMs > this.pauseEndsMs + LONGEST_PAUSE_MS;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (isNews ? 0 : this.failures));
    this.failures = isNews ? 1 : this.failures + 1;
    // Half of it is random, so that clients of one server do not return together.
    this.pauseEndsMs = nowMs + (pauseMs * (1 + random())) / 2;
    this.lastError = error;
    this.round++;
    // An earlier one may still take long.
    this.leader = undefined;
  }

  private paused(leftMs: number): Error {
    const { lastError } = this;
    const text = `${thrownText(lastError)} (connects to this host are paused for ${leftMs} ms more)`;
    return new Error(text, { cause: lastError });
  }

  private pauseEnds(leftMs: number): Promise<void> {
    this.pause ??= wait(this.context.clock, leftMs, () => (this.pause = undefined));
    return this.pause.ended;
  }

  private momentEnds(leader: Promise<unknown>): Promise<void> {
    const aloneMs = this.failures > 0 ? LONGEST_PAUSE_MS : ALONE_MS;
    this.moment ??= wait(this.context.clock, aloneMs, () => {
      this.moment = undefined;
      // A promise keeps all that wait for it alive, and this one may take as long as a connect.
      if (this.leader === leader) {
        this.leader = undefined;
      }
    });
    return this.moment.ended;
  }
}

interface Wait {
  readonly ended: Promise<void>;
  end(): void;
}

function wait(clock: BackoffContext["clock"], ms: number, over: () => void): Wait {
  let resolve = () => {};
  const ended = new Promise<void>((done) => (resolve = done));
  const end = () => {
    clock.clearTimer(timer);
    over();
    resolve();
  };
  // A busy process runs due timers before it hears of its sockets.
  const timer = clock.setTimer(() => setImmediate(end), ms, "deadline");
  return { ended, end };
}

/** Wraps a dialer, so that its connects back off. */
export function backingOff(dialer: Dialer): Dialer {
  const backoff = new ConnectBackoff();
  return {
    ...dialer,
    dial: (offered) => backoff.run(() => dialer.dial(offered)),
    close(reason) {
      dialer.close(reason);
      backoff.close();
    },
  };
}
