import { AsyncLocalStorage } from "node:async_hooks";
import type { AmbientDeadline } from "./options.js";

// What one copy of this package sets, a transport of another obeys.
const STORAGE = Symbol.for("ameide.sdk.deadline");
const ofAllCopies = globalThis as { [STORAGE]?: AsyncLocalStorage<AmbientDeadline> };
const storage = (ofAllCopies[STORAGE] ??= new AsyncLocalStorage<AmbientDeadline>());

/**
 * Runs a function so that every call made in it, however deep, ends before the
 * request being served does. Wrap a handler's body in it:
 *
 * ```ts
 * getThread: (request, context) => withDeadlineFrom(context, () => …)
 * ```
 *
 * @param context - The request being served: Connect's `HandlerContext`.
 */
export function withDeadlineFrom<T>(context: AmbientDeadline, run: () => T): T {
  return storage.run(context, run);
}

/** The deadline set by {@link withDeadlineFrom} around the current code. */
export function ambientDeadline(): AmbientDeadline | undefined {
  return storage.getStore();
}
