/** Receiver of the news that a signal has fired. */
export interface AbortListener {
  handleEvent(): void;
}

/** What ends a request early: an `AbortSignal`, or what costs less than one. */
export interface Ending {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: AbortListener): void;
  removeEventListener(type: "abort", listener: AbortListener): void;
}

// One listener serves all calls of a signal: Node.js reports more than ten as a leak, and searches
// a list for each.
const shared = new WeakMap<Ending, Listeners>();

class Listeners implements AbortListener {
  readonly members = new Set<AbortListener>();

  handleEvent(): void {
    for (const each of this.members) {
      each.handleEvent();
    }
  }
}

/** Tells a listener when a signal, if there is one, fires, until {@link unlisten}. */
export function listen(signal: Ending | undefined, listener: AbortListener): void {
  if (signal === undefined) {
    return;
  }
  let listeners = shared.get(signal);
  if (listeners === undefined) {
    listeners = new Listeners();
    shared.set(signal, listeners);
  }
  if (listeners.members.size === 0) {
    signal.addEventListener("abort", listeners);
  }
  listeners.members.add(listener);
}

/** Removes a listener. */
export function unlisten(signal: Ending | undefined, listener: AbortListener): void {
  const listeners = signal && shared.get(signal);
  if (listeners?.members.delete(listener) === true && listeners.members.size === 0) {
    signal?.removeEventListener("abort", listeners);
  }
}
