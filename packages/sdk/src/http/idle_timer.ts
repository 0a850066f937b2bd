/** Connections close after so long without a call, in milliseconds. */
export const IDLE_CONNECTION_MS = 15 * 60_000;

/**
 * Calls back when something was idle for a while. Cheap for what is idle often: its
 * timer is moved, not made anew, and use does not touch it.
 */
export class IdleTimer {
  private timer: NodeJS.Timeout | undefined;

  /** @param onIdle - Looks itself whether it is idle still. */
  constructor(private readonly onIdle: () => void) {}

  /** It is idle from now on. */
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
