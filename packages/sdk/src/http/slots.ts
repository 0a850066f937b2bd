import { listen, unlisten } from "../runtime/signals.js";

/** Request that waits for a slot. */
interface Waiting {
  /** Ends the wait with a slot, or with the reason for having none. */
  end(failure?: { readonly reason: unknown }): void;
}

/** Bounds how many of something are in use at once. Further requests wait in order. */
export class Slots {
  private taken = 0;
  private closed: Error | undefined;
  private readonly queue = new Set<Waiting>();

  constructor(private readonly size: number) {}

  /** Number of waiting requests. */
  get waiting(): number {
    return this.queue.size;
  }

  /** Number of free slots. */
  get free(): number {
    return this.size - this.taken;
  }

  /** Takes a slot if one is free. */
  take(): boolean {
    if (this.taken >= this.size) {
      return false;
    }
    this.taken++;
    return true;
  }

  /** Waits for a slot; rejects when the signal fires, or once there are no slots any more. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed !== undefined || signal?.aborted === true) {
        reject((this.closed ?? signal?.reason) as Error);
        return;
      }
      const aborted = { handleEvent: () => waiting.end(signal) };
      const waiting: Waiting = {
        end: (failure) => {
          this.queue.delete(waiting);
          unlisten(signal, aborted);
          if (failure === undefined) {
            resolve();
          } else {
            reject(failure.reason);
          }
        },
      };
      this.queue.add(waiting);
      listen(signal, aborted);
    });
  }

  /** Frees a slot, which the first waiter gets. */
  release(): void {
    const [first] = this.queue;
    if (first === undefined) {
      this.taken--;
    } else {
      first.end();
    }
  }

  /** Ends all waits. */
  close(reason: Error): void {
    this.closed = reason;
    for (const each of this.queue) {
      each.end({ reason });
    }
  }
}
