/** Who is told that a signal has fired. */
export interface AbortListener {
  handleEvent(): void;
}

// One listener for all calls of a signal: Node.js takes more than ten for a leak, and
// finds each in a list.
const shared = new WeakMap<AbortSignal, Listeners>();

class Listeners implements AbortListener {
  readonly members = new Set<AbortListener>();

  handleEvent(): void {
    for (const each of this.members) {
      each.handleEvent();
    }
  }
}

/** Tells someone when a signal fires, if there is one, until {@link unlisten}. */
export function listen(signal: AbortSignal | undefined, listener: AbortListener): void {
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

/** Tells it no more. */
export function unlisten(signal: AbortSignal | undefined, listener: AbortListener): void {
  const listeners = signal && shared.get(signal);
  if (listeners?.members.delete(listener) === true && listeners.members.size === 0) {
    signal?.removeEventListener("abort", listeners);
  }
}
