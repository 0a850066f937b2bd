import { listen, unlisten } from "../runtime/signals.js";

/** Who waits for a slot. */
interface Waiting {
  /** Ends the wait: with a slot, or with why there is none. */
  end(failure?: { readonly reason: unknown }): void;
}

/** How much of something may be in use at once. Who comes when all is waits, in order. */
export class Slots {
  private taken = 0;
  private closed: Error | undefined;
  private readonly queue = new Set<Waiting>();

  constructor(private readonly size: number) {}

  /** How many wait. */
  get waiting(): number {
    return this.queue.size;
  }

  /** How much is not in use. */
  get free(): number {
    return this.size - this.taken;
  }

  /** Takes a slot, if one is free. */
  take(): boolean {
    if (this.taken >= this.size) {
      return false;
    }
    this.taken++;
    return true;
  }

  /** Waits for a slot; rejects when the signal fires, or nothing is to be had any more. */
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

  /** A slot is free again: it is the first's who waits. */
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
