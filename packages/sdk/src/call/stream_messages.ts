/** Stream that can be read and left. */
interface Stream<T> {
  next(): Promise<IteratorResult<T, undefined>>;
  leave(): void;
}

// Connect's own client drops `return()`, so an abandoned stream is found only once it cannot be
// reached any more. Not every runtime has the registry.
const unreachable =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Stream<unknown>>((stream) => stream.leave());

/**
 * Removes a stream that is over from the registry, which would keep the messages alive by the stack
 * of the error that ended the attempt.
 */
export function forgetMessages(stream: object): void {
  unreachable?.unregister(stream);
}

/** Messages of a stream, for the application: leaving the loop over them ends the call. */
export class Messages<T> implements AsyncIterableIterator<T, undefined, undefined> {
  constructor(private readonly stream: Stream<T>) {
    unreachable?.register(this, stream, stream);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.stream.next();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.stream.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(reason: unknown): Promise<IteratorResult<T, undefined>> {
    this.stream.leave();
    return Promise.reject(reason);
  }
}
