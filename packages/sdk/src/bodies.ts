/** What reading a body gives. */
export type Chunk = IteratorResult<Uint8Array>;

/**
 * The body of a request, as its recording looks at it. Bodies know nothing of
 * recordings: the runtime keeps them for a while after a call is over, and would
 * keep all of the call with them.
 */
export interface SentBody extends AsyncIterable<Uint8Array> {
  /** The HTTP client has asked for it: something may have been sent. */
  readonly asked: boolean;
}

/** A body of one chunk. */
export class FrozenBody {
  private chunk: Promise<Chunk> | undefined;

  /**
   * @param endsWithAttempt - It is made by what an attempt that ends ends, too, so
   *   it has to be read before.
   */
  constructor(
    private readonly body: AsyncIterable<Uint8Array>,
    endsWithAttempt: boolean,
  ) {
    if (endsWithAttempt) {
      // Nobody may come to ask for it.
      this.read().catch(() => {});
    }
  }

  read(): Promise<Chunk> {
    return (this.chunk ??= this.body[Symbol.asyncIterator]().next());
  }
}

/** A body of one chunk, iterated once. An HTTP client asks for it once it is connected. */
export class OneChunk implements SentBody {
  asked = false;

  constructor(private readonly body: FrozenBody) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Chunk> {
    if (this.asked) {
      return Promise.resolve({ done: true, value: undefined });
    }
    this.asked = true;
    return this.body.read();
  }
}

function throwBelow(this: PassedOn, reason: unknown): Promise<Chunk> {
  return this.below.throw?.(reason) ?? Promise.reject(reason);
}

function returnBelow(this: PassedOn, value?: unknown): Promise<Chunk> {
  return this.below.return?.(value) ?? Promise.resolve({ done: true, value });
}

// A body that is watched while it passes through.
abstract class PassedOn implements AsyncIterable<Uint8Array> {
  throw: typeof throwBelow | undefined;
  return: typeof returnBelow | undefined;
  private iterator: AsyncIterator<Uint8Array> | undefined;

  constructor(private readonly body: AsyncIterable<Uint8Array>) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator = this.body[Symbol.asyncIterator]();
    this.iterator = iterator;
    // What is not there below must not seem to be: Connect looks.
    this.throw = iterator.throw && throwBelow;
    this.return = iterator.return && returnBelow;
    return this as AsyncIterator<Uint8Array>;
  }

  abstract next(): Promise<Chunk>;

  /** What passes through. */
  get below(): AsyncIterator<Uint8Array> {
    return this.iterator as AsyncIterator<Uint8Array>;
  }
}

/** The body of a request that is streamed. */
export class RequestBody extends PassedOn implements SentBody {
  asked = false;

  next(): Promise<Chunk> {
    this.asked = true;
    return this.below.next();
  }
}

/** The body of an answer of which only a failure is of interest. */
export class PlainBody extends PassedOn {
  /** What was asked for last. */
  lastRead: Promise<Chunk> | undefined;

  next(): Promise<Chunk> {
    return (this.lastRead = this.below.next());
  }
}

/** The body of an answer whose every read is watched. */
export class WatchedBody extends PassedOn {
  /** It was read to its end. */
  ended = false;
  /** Why a read failed. */
  failure: { readonly reason: unknown } | undefined;

  /** @param see - Gets every chunk, and undefined at the end. What it throws ends the body. */
  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly see: (chunk: Uint8Array | undefined) => void,
  ) {
    super(body);
  }

  next(): Promise<Chunk> {
    return this.below.next().then(this.seen, this.broke);
  }

  private readonly seen = (chunk: Chunk): Chunk => {
    if (chunk.done === true) {
      this.ended = true;
      this.see(undefined);
    } else {
      this.see(chunk.value);
    }
    return chunk;
  };

  private readonly broke = (reason: unknown): never => {
    this.failure = { reason };
    throw reason;
  };
}
