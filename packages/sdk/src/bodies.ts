/** What reading a body gives. */
export type Chunk = IteratorResult<Uint8Array>;

/** Who wants to know what becomes of the bodies of an attempt. */
export interface BodyWatcher {
  /** The HTTP client has asked for the body: something may have been sent. */
  bodyAsked: boolean;
  /** Set where nothing has to be seen of a body but its failure. */
  lastRead: Promise<Chunk> | undefined;
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
export class OneChunk implements AsyncIterableIterator<Uint8Array> {
  private sent = false;

  constructor(
    private readonly body: FrozenBody,
    private readonly watcher: BodyWatcher,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Chunk> {
    this.watcher.bodyAsked = true;
    if (this.sent) {
      return Promise.resolve({ done: true, value: undefined });
    }
    this.sent = true;
    return this.body.read();
  }
}

// A body that is watched while it passes through.
abstract class PassedOn implements AsyncIterableIterator<Uint8Array> {
  private iterator: AsyncIterator<Uint8Array> | undefined;

  constructor(private readonly body: AsyncIterable<Uint8Array>) {}

  [Symbol.asyncIterator](): this {
    const iterator = this.body[Symbol.asyncIterator]();
    this.iterator = iterator;
    // What is not there below must not seem to be: Connect looks.
    if (iterator.throw === undefined) {
      Object.assign(this, { throw: undefined });
    }
    if (iterator.return === undefined) {
      Object.assign(this, { return: undefined });
    }
    return this;
  }

  abstract next(): Promise<Chunk>;

  throw(reason: unknown): Promise<Chunk> {
    return this.below.throw?.(reason) ?? Promise.reject(reason);
  }

  return(value?: unknown): Promise<Chunk> {
    return this.below.return?.(value) ?? Promise.resolve({ done: true, value });
  }

  protected get below(): AsyncIterator<Uint8Array> {
    return this.iterator as AsyncIterator<Uint8Array>;
  }
}

/** The body of a request that is streamed. */
export class RequestBody extends PassedOn {
  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly watcher: BodyWatcher,
  ) {
    super(body);
  }

  next(): Promise<Chunk> {
    this.watcher.bodyAsked = true;
    return this.below.next();
  }
}

/** The body of an answer of which only a failure is of interest. */
export class PlainBody extends PassedOn {
  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly watcher: BodyWatcher,
  ) {
    super(body);
  }

  next(): Promise<Chunk> {
    return (this.watcher.lastRead = this.below.next());
  }
}

/** The body of an answer whose every read is watched. */
export class WatchedBody extends PassedOn {
  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly watch: (result: Promise<Chunk>) => Promise<Chunk>,
  ) {
    super(body);
  }

  next(): Promise<Chunk> {
    return this.watch(this.below.next());
  }
}
