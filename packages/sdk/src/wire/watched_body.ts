import type { Clock } from "../runtime/runtime.js";
import { SmallChunks } from "./small_chunks.js";

/** Result of reading a body. */
export type Chunk = IteratorResult<Uint8Array>;

/**
 * Body of a request, as its recording sees it. Bodies do not refer to recordings: the runtime keeps
 * them for a while after a call is over, and would keep the whole call with them.
 */
export interface SentBody extends AsyncIterable<Uint8Array> {
  /**
   * Time at which the HTTP client first asked for it: something may have been sent. Undefined until
   * then.
   */
  readonly askedMs: number | undefined;
}

/** A body of one chunk. */
export class FrozenBody {
  private chunk: Promise<Chunk> | undefined;

  /**
   * @param endsWithAttempt - Its source is aborted together with the attempt, so
   *   it must be read eagerly.
   */
  constructor(
    private readonly body: AsyncIterable<Uint8Array>,
    endsWithAttempt: boolean,
  ) {
    if (endsWithAttempt) {
      // The body may never be asked for.
      this.read().catch(() => {});
    }
  }

  read(): Promise<Chunk> {
    return (this.chunk ??= this.body[Symbol.asyncIterator]().next());
  }
}

/** Body of one chunk, iterated once. An HTTP client asks for it once it is connected. */
export class OneChunk implements SentBody {
  askedMs: number | undefined;

  constructor(
    private readonly body: FrozenBody,
    private readonly clock: Pick<Clock, "now">,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Chunk> {
    if (this.askedMs !== undefined) {
      return Promise.resolve({ done: true, value: undefined });
    }
    this.askedMs = this.clock.now();
    return this.body.read();
  }
}

function throwBelow(this: PassedOn, reason: unknown): Promise<Chunk> {
  return this.below.throw?.(reason) ?? Promise.reject(reason);
}

function returnBelow(this: PassedOn, value?: unknown): Promise<Chunk> {
  return this.below.return?.(value) ?? Promise.resolve({ done: true, value });
}

// Body that is watched while it passes through.
abstract class PassedOn implements AsyncIterable<Uint8Array> {
  throw: typeof throwBelow | undefined;
  return: typeof returnBelow | undefined;
  private iterator: AsyncIterator<Uint8Array> | undefined;

  constructor(private readonly body: AsyncIterable<Uint8Array>) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator = this.body[Symbol.asyncIterator]();
    this.iterator = iterator;
    // Expose only what the wrapped iterator has: Connect feature-tests it.
    this.throw = iterator.throw && throwBelow;
    this.return = iterator.return && returnBelow;
    return this as AsyncIterator<Uint8Array>;
  }

  abstract next(): Promise<Chunk>;

  /** Source of the chunks that pass through. */
  get below(): AsyncIterator<Uint8Array> {
    return this.iterator as AsyncIterator<Uint8Array>;
  }
}

/** Body of a request that is streamed. */
export class RequestBody extends PassedOn implements SentBody {
  askedMs: number | undefined;

  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly clock: Pick<Clock, "now">,
  ) {
    super(body);
  }

  next(): Promise<Chunk> {
    this.askedMs ??= this.clock.now();
    return this.below.next();
  }
}

// Body of an answer, whose small chunks are joined.
abstract class AnswerBody extends PassedOn {
  /** End of the body, held back until the kept bytes have passed. */
  protected over: Chunk | undefined;
  private small: SmallChunks | undefined;

  /** @param see - Receives every chunk. Returns true if it may not wait for others. */
  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly see: (chunk: Uint8Array) => boolean,
  ) {
    super(body);
  }

  protected read(): Promise<Chunk> {
    return this.below.next();
  }

  /** Returns the chunk to pass on after this one was read; undefined for none yet. */
  protected pass(chunk: Chunk): Chunk | undefined {
    if (chunk.done === true) {
      const rest = this.small?.takeRest();
      this.over = rest && chunk;
      return rest === undefined ? this.end(chunk) : { done: false, value: rest };
    }
    this.small ??= new SmallChunks();
    const value = this.small.add(chunk.value, this.see(chunk.value));
    return value === undefined || value === chunk.value ? value && chunk : { done: false, value };
  }

  /** Passes on the end. */
  protected end(chunk: Chunk): Chunk {
    return chunk;
  }

  /** Reads until there is something to pass on. */
  protected async more(): Promise<Chunk> {
    for (;;) {
      const passed = this.over === undefined ? this.pass(await this.read()) : this.end(this.over);
      if (passed !== undefined) {
        return passed;
      }
    }
  }
}

// Fewer chunks are not worth checking.
const LOOSE_READS = 64;

/** Body of an answer of which only a failure matters. */
export class PlainBody extends AnswerBody {
  /** Result of the last read. */
  lastRead: Promise<Chunk> | undefined;
  private reads = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    super(body, mayWait);
  }

  next(): Promise<Chunk> {
    this.lastRead = ++this.reads <= LOOSE_READS ? this.read() : this.more();
    return this.lastRead;
  }
}

const mayWait = () => false;

/** Body of an answer whose every read is watched. */
export class WatchedBody extends AnswerBody {
  /** True once it was read to its end. */
  ended = false;
  /** Failure of a read. */
  failure: { readonly reason: unknown } | undefined;

  /**
   * @param see - Receives every chunk. Returns true if it may not wait for others. An error it
   *   throws ends the body.
   * @param atEnd - Called before the end is passed on. An error it throws replaces the end.
   */
  constructor(
    body: AsyncIterable<Uint8Array>,
    see: (chunk: Uint8Array) => boolean,
    private readonly atEnd?: () => void,
  ) {
    super(body, see);
  }

  next(): Promise<Chunk> {
    return this.over === undefined ? this.below.next().then(this.seen, this.broke) : this.more();
  }

  protected override read(): Promise<Chunk> {
    return this.below.next().catch(this.broke);
  }

  protected override pass(chunk: Chunk): Chunk | undefined {
    this.ended ||= chunk.done === true;
    return super.pass(chunk);
  }

  protected override end(chunk: Chunk): Chunk {
    this.atEnd?.();
    return chunk;
  }

  private readonly seen = (chunk: Chunk): Chunk | Promise<Chunk> => this.pass(chunk) ?? this.more();

  private readonly broke = (reason: unknown): never => {
    this.failure = { reason };
    throw reason;
  };
}
