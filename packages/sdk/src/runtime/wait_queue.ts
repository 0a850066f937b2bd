/** Reader that waits for something. */
export interface Waiter<T> {
  resolve(value: T | Promise<never>): void;
  /** Promise it waits for, if that may be read late or never. */
  readonly unread?: Promise<T>;
}

interface Place<T> {
  readonly waiter: Waiter<T>;
  after: Place<T> | undefined;
}

/**
 * Readers that wait their turn, in order: a linked list, so that a place costs the same however
 * many there are.
 */
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

  /** Removes and returns the reader whose turn it is. */
  take(): Waiter<T> | undefined {
    const { head } = this;
    this.head = head?.after;
    if (this.head === undefined) {
      this.last = undefined;
    }
    return head?.waiter;
  }
}
