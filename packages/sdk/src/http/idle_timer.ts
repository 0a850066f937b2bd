/** Connections close after so long without a call, in milliseconds. */
export const IDLE_CONNECTION_MS = 15 * 60_000;

/** Calls back when nothing was in use for a while. */
export class IdleTimer {
  private inUse = 0;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onIdle: () => void) {}

  /** Something is used; returns what ends that. */
  begin(): () => void {
    clearTimeout(this.timer);
    this.inUse++;
    return () => {
      this.inUse--;
      if (this.inUse === 0 && !this.closed) {
        this.timer = setTimeout(this.onIdle, IDLE_CONNECTION_MS).unref();
      }
    };
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }
}
