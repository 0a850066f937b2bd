import { unheard } from "./callbacks.js";

interface Capturing {
  readonly captureStackTrace?: (error: Error, above: unknown) => void;
}

const HANDED_ON = Promise.resolve();

/**
 * Rejects with an error whose stack leads to the code that awaits the promise. The stack of an
 * error made after a wait (for a token, before a retry) begins at a timer. V8 finds the awaiting
 * code when a stack is captured, so this costs nothing before a call fails; other engines leave the
 * stack as it is.
 *
 * @param unread - Promise that this one is passed to, if it may be read late or never.
 */
export async function withCallersStack(error: Error, unread?: Promise<unknown>): Promise<never> {
  // This function's promise is passed on in the meantime.
  await HANDED_ON;
  await HANDED_ON;
  recapture(error);
  // Not earlier: V8 follows a promise with one waiter, not with two.
  void unheard(unread);
  throw error;
}

/** Gives an error the stack of here and now. */
export function recapture(error: Error): void {
  (Error as Capturing).captureStackTrace?.(error, recapture);
}
