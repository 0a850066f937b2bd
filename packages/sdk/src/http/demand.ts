import { type Ending, listen, unlisten } from "../runtime/signals.js";

/**
 * Time for which connections are still being made after the last waiter has left, in milliseconds.
 */
export const UNWANTED_MS = 250;

/** Counts the calls that wait for connections to one origin. */
export class Demand {
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param onNone - Called once no call has waited for a while. */
  constructor(private readonly onNone: () => void) {}

  /**
   * Begins to wait.
   *
   * @param signal - Ends the wait as well.
   * @returns Function that ends the wait; calling it again does no harm.
   */
  wait(signal?: Ending): () => void {
    let waits = true;
    const leave = {
      handleEvent: () => {
        if (waits) {
          waits = false;
          unlisten(signal, leave);
          this.waiting--;
          this.look();
        }
      },
    };
    this.waiting++;
    clearTimeout(this.timer);
    listen(signal, leave);
    return leave.handleEvent;
  }

  /** Checks whether any call waits, when a connection begins or a wait ends. */
  look(): void {
    if (this.waiting === 0 && !this.stopped) {
      clearTimeout(this.timer);
      // A retried call finds the connection that its last attempt began.
      this.timer = setTimeout(this.onNone, UNWANTED_MS).unref();
    }
  }

  /** Stops calling back: there is nothing left to give up. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}

/** Reason for giving up a connection that no call waits for. It says nothing about the server. */
export class Unwanted extends Error {
  constructor() {
    super("nobody waited for the connection any more");
  }
}
