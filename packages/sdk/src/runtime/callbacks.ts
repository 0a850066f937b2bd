const ignore = (): void => {};

/**
 * Calls a callback that only watches: an observer, a logger, telemetry. An error or rejection of it
 * is ignored, since a watcher must not break what it watches. It may cancel the call or close the
 * client meanwhile: check the state afterwards.
 *
 * @param about - Argument to call it with.
 * @returns Its result; undefined if it threw.
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

/**
 * Returns a value that is not awaited; if it is a promise that rejects, the process does not end.
 */
export function unheard<T>(value: T): T {
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    Promise.resolve(value).catch(ignore);
  }
  return value;
}
