/** Who waits for something. */
export interface Waiter<T> {
  resolve(value: T | Promise<never>): void;
  /** What is waited for, if that may be looked at later, or never. */
  readonly unread?: Promise<T>;
}

interface Place<T> {
  readonly waiter: Waiter<T>;
  after: Place<T> | undefined;
}

/** Those who wait their turn, in order: a list, so that however many there are, a place costs the same. */
export class WaitQueue<T> {
  private head: Place<T> | undefined;
  private last: Place<T> | undefined;

  get empty(): boolean {
    return this.head === undefined;
  }

  add(waiter: Waiter<T>): void {
    const place = { waiter, after: undefined };
    if (this.last === undefined) {
      this.head = place;
    } else {
      this.last.after = place;
    }
    this.last = place;
  }

  /** The one whose turn it is, who leaves the queue. */
  take(): Waiter<T> | undefined {
    const { head } = this;
    this.head = head?.after;
    if (this.head === undefined) {
      this.last = undefined;
    }
    return head?.waiter;
  }
}
