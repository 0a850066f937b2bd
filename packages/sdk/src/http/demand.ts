import { listen, unlisten } from "../runtime/signals.js";

/** Connections that nobody waits for any more are made for so long yet, in milliseconds. */
export const UNWANTED_MS = 250;

/** How many wait for connections to one origin. */
export class Demand {
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param onNone - Nobody has waited for a while. */
  constructor(private readonly onNone: () => void) {}

  /**
   * Begins to wait.
   *
   * @param signal - Ends it, too.
   * @returns What ends it. Again does no harm.
   */
  wait(signal?: AbortSignal): () => void {
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

  /** A connection is begun, or nobody may wait any more. */
  look(): void {
    if (this.waiting === 0 && !this.stopped) {
      clearTimeout(this.timer);
      // A call that is tried again finds what its last attempt began.
      this.timer = setTimeout(this.onNone, UNWANTED_MS).unref();
    }
  }

  /** Nobody is told any more: there is nothing left to give up. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}

/** Nobody waited for the connection any more. It says nothing of the server. */
export class Unwanted extends Error {
  constructor() {
    super("nobody waited for the connection any more");
  }
}
