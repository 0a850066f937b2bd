import { unheard } from "./callbacks.js";

interface Capturing {
  readonly captureStackTrace?: (error: Error, above: unknown) => void;
}

const HANDED_ON = Promise.resolve();

/**
 * A promise that rejects with an error whose stack leads to whoever waits for it. The
 * stack of an error made after a wait (for a token, before a retry) begins at a timer.
 * V8 finds out who awaits a promise when a stack is captured, so that this costs nothing
 * before a call fails; other engines keep the stack as it is.
 *
 * @param unread - What the promise is handed to, if that may be looked at later, or never.
 */
export async function withCallersStack(error: Error, unread?: Promise<unknown>): Promise<never> {
  // The promise of this function is handed on in the meantime.
  await HANDED_ON;
  await HANDED_ON;
  recapture(error);
  // Not before: V8 follows a promise that one waits for, not two.
  void unheard(unread);
  throw error;
}

/** Gives an error the stack of here and now. */
export function recapture(error: Error): void {
  (Error as Capturing).captureStackTrace?.(error, recapture);
}
