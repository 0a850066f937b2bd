import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

/** @throws the signal's reason as soon as it aborts. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) {
      abort();
    }
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Waits, and yields to other work even if `ms` is 0.
 *
 * @throws the signal's reason as soon as it aborts.
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return unlessAborted(
    ms > 0 ? sleep(ms, undefined, { signal }) : nextTurn(undefined, { signal }),
    signal,
  );
}
