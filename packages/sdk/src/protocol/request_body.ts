import type { Message } from "@bufbuild/protobuf";
import { envelope } from "./envelope.js";
import type { MessageCodec, MessageForm } from "./form.js";

type Chunk = IteratorResult<Uint8Array, undefined>;

const END: Chunk = { done: true, value: undefined };

/** Body of one chunk. It is read once. */
export class BytesBody implements AsyncIterableIterator<Uint8Array> {
  private left = true;

  constructor(private readonly bytes: Uint8Array) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Chunk> {
    const chunk: Chunk = this.left ? { done: false, value: this.bytes } : END;
    this.left = false;
    return Promise.resolve(chunk);
  }
}

/** Body whose chunks are the envelopes of messages. It is read once. */
export class MessagesBody implements AsyncIterableIterator<Uint8Array> {
  private messages: AsyncIterator<Message> | undefined;

  constructor(
    private readonly source: AsyncIterable<Message>,
    private readonly codec: MessageCodec,
    private readonly form: MessageForm,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Chunk> {
    this.messages ??= this.source[Symbol.asyncIterator]();
    const { done, value } = await this.messages.next();
    if (done === true) {
      return END;
    }
    return { done: false, value: await envelope(this.codec.write(value), this.form) };
  }

  /** Called by an HTTP client that cannot write: the messages' source is told. */
  async throw(reason: unknown): Promise<Chunk> {
    await this.messages?.throw?.(reason);
    throw reason;
  }
}
