import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { timerDelay } from "../policy/deadline.js";
import { AmeideError } from "../errors/errors.js";
import type { Clock, Timer } from "../runtime/runtime.js";

/** Result of draining a client. */
export interface DrainResult {
  /** Number of calls that had not ended in time, and were ended. */
  readonly aborted: number;
}

/** Call that has been made and has not ended. */
export interface LiveCall {
  /** Ends it, whatever it waits for, with the error that `closed` makes of where it stands. */
  close(closed: Closed): void;
}

/** Creates the error of a call that is ended, from the words for what it waited for. */
export type Closed = (where: string) => AmeideError;

// Promises lie between calls and their callers: one turn later all callers have been told.
const soon = (callback: () => void): unknown => setTimeout(callback, 0);

/**
 * Tracks how long a client accepts calls, and its open calls; shared by clients derived from one
 * another.
 */
export class Lifetime {
  private state: "open" | "draining" | "closed" = "open";
  private readonly calls = new Set<LiveCall>();
  private readonly drains = new Map<(result: DrainResult) => void, Timer>();
  private beginning = false;

  /** @param onClose - Releases the resources that calls use. */
  constructor(
    private readonly clock: Pick<Clock, "setTimer" | "clearTimer">,
    private readonly onClose: (reason: AmeideError) => void,
  ) {}

  /** Returns the error if nothing may be sent any more; otherwise undefined. */
  closed(): AmeideError | undefined {
    return this.state === "closed" ? closedError("the client is closed") : undefined;
  }

  /** Returns the error if no call may begin; otherwise undefined. */
  refusal(): AmeideError | undefined {
    const { beginning, state } = this;
    this.beginning = false;
    return state === "draining" && !beginning
      ? closedError("the client is being closed: it takes no more calls")
      : this.closed();
  }

  add(call: LiveCall): void {
    this.calls.add(call);
  }

  delete(call: LiveCall): void {
    this.calls.delete(call);
    this.closeIfDrained();
  }

  /** Begins a call that was made earlier and had to wait. */
  begin<T>(call: LiveCall, run: () => T): T {
    this.beginning = true;
    try {
      return run();
    } finally {
      this.beginning = false;
      this.delete(call);
    }
  }

  /** Ends all calls at once, and accepts no more. */
  close(): void {
    this.end((where) => closedError(`the client was closed: ${where}`));
  }

  /** Accepts no more calls, waits for the open ones, and closes. */
  drain(timeoutMs: number): Promise<DrainResult> {
    if (this.state === "closed") {
      return Promise.resolve({ aborted: 0 });
    }
    this.state = "draining";
    return new Promise((resolve) => {
      const late = () =>
        this.end((where) =>
          closedError(`the client was closed, ${timeoutMs} ms after drain(): ${where}`),
        );
      this.drains.set(resolve, this.clock.setTimer(late, timerDelay(timeoutMs), "deadline"));
      this.closeIfDrained();
    });
  }

  private closeIfDrained(): void {
    if (this.state === "draining" && this.calls.size === 0) {
      this.close();
    }
  }

  private end(closed: Closed): void {
    if (this.state === "closed") {
      return;
    }
    this.state = "closed";
    const aborted = this.calls.size;
    for (const call of this.calls) {
      call.close(closed);
    }
    this.calls.clear();
    this.onClose(closedError("the client is closed"));
    for (const [resolve, timer] of this.drains) {
      this.clock.clearTimer(timer);
      soon(() => resolve({ aborted }));
    }
    this.drains.clear();
  }
}

const lifetimes = new WeakMap<Transport, Lifetime>();

/** Attaches its lifetime to a transport. */
export function setLifetime(transport: Transport, lifetime: Lifetime): void {
  lifetimes.set(transport, lifetime);
}

/** Returns the lifetime of a transport; undefined for a foreign one. */
export function lifetimeOf(transport: Transport): Lifetime | undefined {
  return lifetimes.get(transport);
}

function closedError(text: string): AmeideError {
  const source = new ConnectError(text, Code.FailedPrecondition);
  return new AmeideError(source, { origin: "client", reason: "CLIENT_CLOSED" });
}
