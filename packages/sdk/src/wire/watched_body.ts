import type { Clock } from "../runtime/runtime.js";
import { SmallChunks } from "./small_chunks.js";

/** What reading a body gives. */
export type Chunk = IteratorResult<Uint8Array>;

/**
 * The body of a request, as its recording looks at it. Bodies know nothing of
 * recordings: the runtime keeps them for a while after a call is over, and would
 * keep all of the call with them.
 */
export interface SentBody extends AsyncIterable<Uint8Array> {
  /**
   * When the HTTP client first asked for it: something may have been sent. Undefined
   * while it has not.
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

// A body that is watched while it passes through.
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

  /** What passes through. */
  get below(): AsyncIterator<Uint8Array> {
    return this.iterator as AsyncIterator<Uint8Array>;
  }
}

/** The body of a request that is streamed. */
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

// The body of an answer, whose small chunks are joined.
abstract class AnswerBody extends PassedOn {
  /** It has ended, but what was kept back goes first. */
  protected over: Chunk | undefined;
  private small: SmallChunks | undefined;

  /** @param see - Gets every chunk. Returns whether it may not wait for others. */
  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly see: (chunk: Uint8Array) => boolean,
  ) {
    super(body);
  }

  protected read(): Promise<Chunk> {
    return this.below.next();
  }

  /** What is passed on when this was read; undefined for nothing yet. */
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

// So few chunks are not worth a look.
const LOOSE_READS = 64;

/** The body of an answer of which only a failure is of interest. */
export class PlainBody extends AnswerBody {
  /** What was asked for last. */
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

/** The body of an answer whose every read is watched. */
export class WatchedBody extends AnswerBody {
  /** It was read to its end. */
  ended = false;
  /** Why a read failed. */
  failure: { readonly reason: unknown } | undefined;

  /**
   * @param see - Gets every chunk. Returns whether it may not wait for others. What
   *   it throws ends the body.
   * @param atEnd - Called before the end is passed on. What it throws comes instead.
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
