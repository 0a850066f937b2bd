/** Time without a call after which connections close, in milliseconds. */
export const IDLE_CONNECTION_MS = 15 * 60_000;

/**
 * Calls back once something has been idle for a while. Cheap for what is often idle: its timer is
 * moved, not created anew, and use does not touch it.
 */
export class IdleTimer {
  private timer: NodeJS.Timeout | undefined;

  /** @param onIdle - Called when the time is over; checks itself whether it is still idle. */
  constructor(private readonly onIdle: () => void) {}

  /** Begins an idle time. */
  begin(): void {
    if (this.timer === undefined) {
      this.timer = setTimeout(this.onIdle, IDLE_CONNECTION_MS).unref();
    } else {
      this.timer.refresh();
    }
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
