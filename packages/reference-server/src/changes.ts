import { unlessAborted } from "./abort.js";

/** Notifies waiters of changes. Waiters that left are not kept. */
export class Changes {
  private readonly waiting = new Set<() => void>();

  /** Wakes all current waiters. */
  announce(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) {
      wake();
    }
  }

  /**
   * Waits for the next change.
   *
   * @throws the signal's reason as soon as it aborts.
   */
  async next(signal: AbortSignal): Promise<void> {
    let wake = () => {};
    const changed = new Promise<void>((resolve) => (wake = resolve));
    this.waiting.add(wake);
    try {
      await unlessAborted(changed, signal);
    } finally {
      this.waiting.delete(wake);
    }
  }
}
