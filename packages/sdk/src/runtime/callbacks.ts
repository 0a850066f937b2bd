const ignore = (): void => {};

/**
 * Calls someone who only watches: an observer, a logger, telemetry. What it throws, or
 * rejects with later, is ignored, since whoever watches must not break what is watched.
 * It may cancel the call or close the client meanwhile: look at the state again.
 *
 * @param about - What it is told.
 * @returns What it returned; undefined where it threw.
 */
export function tell<T>(watcher: () => T): T | undefined;
export function tell<T, A>(watcher: (about: A) => T, about: A): T | undefined;
export function tell<T, A>(watcher: (about?: A) => T, about?: A): T | undefined {
  try {
    return unheard(watcher(about));
  } catch {
    return undefined;
  }
}

/** A value nobody waits for: if it is a promise that rejects, that ends no process. */
export function unheard<T>(value: T): T {
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    Promise.resolve(value).catch(ignore);
  }
  return value;
}
