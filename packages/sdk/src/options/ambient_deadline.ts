import { AsyncLocalStorage } from "node:async_hooks";
import type { AmbientDeadline } from "./options.js";

// A deadline set through one copy of this package holds in a transport of another copy.
const STORAGE = Symbol.for("ameide.sdk.deadline");
const ofAllCopies = globalThis as { [STORAGE]?: AsyncLocalStorage<AmbientDeadline> };
const storage = (ofAllCopies[STORAGE] ??= new AsyncLocalStorage<AmbientDeadline>());

/**
 * Runs a function whose calls, however deep, all end before the request being served does. Wrap a
 * handler's body in it:
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

/** Returns the deadline set by {@link withDeadlineFrom} around the current code. */
export function ambientDeadline(): AmbientDeadline | undefined {
  return storage.getStore();
}
