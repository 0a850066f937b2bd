import { tell } from "../runtime/callbacks.js";
import type { InputState } from "../policy/retry.js";
import type { Recording } from "../wire/recorder.js";

/**
 * Messages a caller streams, as far as attempts have taken them. An attempt that is over takes
 * nothing more; the next one gets the messages it took but did not send.
 */
export class StreamInput<T> {
  private source: AsyncIterator<T> | undefined;
  private readonly taken: T[] = [];
  private pending: Promise<IteratorResult<T>> | undefined;
  private consumed = false;
  private closed = false;

  /**
   * @param messages - Messages that the caller streams.
   * @param keepAll - True to keep every message for further attempts, as for the one message of a
   *   server stream.
   * @param prepare - Turns a message into the one to send.
   */
  constructor(
    private readonly messages: AsyncIterable<T>,
    private readonly keepAll: boolean,
    private readonly prepare: (message: T) => T,
  ) {}

  /** Returns the state of the input after an attempt with this recording. */
  state(recording: Recording | undefined): InputState {
    if (this.keepAll) {
      return "replayable";
    }
    const sent = this.taken.length > 0 && recording?.connected !== false;
    return this.consumed || sent ? "consumed" : "unsent";
  }

  /**
   * Returns the input of one attempt, from its start.
   *
   * @param isOver - Reports whether the attempt is over.
   * @param onError - Receives the exception of the caller's iterable.
   */
  forAttempt(
    recording: Recording,
    isOver: () => boolean,
    onError: (reason: unknown) => void,
  ): AsyncIterable<T> {
    let position = 0;
    const next = async (): Promise<IteratorResult<T>> => {
      if (position < this.taken.length) {
        return { done: false, value: this.taken[position++] as T };
      }
      let result: IteratorResult<T>;
      try {
        result = await (this.pending ??= this.pull());
      } catch (reason) {
        onError(reason);
        throw reason;
      }
      if (isOver()) {
        return { done: true, value: undefined };
      }
      this.pending = undefined;
      if (result.done === true) {
        this.closed = true;
        return result;
      }
      if (this.keepAll || recording.connected === false) {
        this.taken.push(result.value);
        position++;
      } else {
        this.consumed = true;
      }
      return result;
    };
    // Calls that Connect makes on an attempt's input stay with the attempt; it asks for all three
    // methods.
    const iterator: AsyncIterator<T> = {
      next,
      throw: (reason: unknown) => Promise.reject(reason),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** Tells the caller's iterable that nothing more is taken from it. */
  close(reason: unknown): void {
    if (this.closed) {
      return;
    }
    this.closed = true;
    const source = tell(() => (this.source ??= this.messages[Symbol.asyncIterator]()));
    if (reason !== undefined) {
      void tell(() => source?.throw?.(reason));
    }
    void tell(() => source?.return?.());
  }

  private async pull(): Promise<IteratorResult<T>> {
    this.source ??= this.messages[Symbol.asyncIterator]();
    const result = await this.source.next();
    return result.done === true ? result : { done: false, value: this.prepare(result.value) };
  }
}

/**
 * Passes messages on, and tells of an error of theirs: an HTTP client would take it for one of the
 * connection.
 *
 * @throws TypeError if they are no iterable.
 */
export function tellingErrors<T>(
  messages: AsyncIterable<T>,
  onError: (reason: unknown) => void,
): AsyncIterable<T> {
  const source = messages[Symbol.asyncIterator]();
  const iterator: AsyncIterator<T> = {
    next: async () => {
      try {
        return await source.next();
      } catch (reason) {
        onError(reason);
        throw reason;
      }
    },
    throw: (reason: unknown) => source.throw?.(reason) ?? Promise.reject(reason),
    return: () => source.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
