import type { Message } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { COMPRESSED } from "../wire/envelope_flags.js";
import { EnvelopeReader } from "./envelope_reader.js";
import type { MessageCodec } from "./form.js";
import type { Recording } from "../wire/recorder.js";
import { protocolError } from "./protocol_errors.js";

type Result = IteratorResult<Message, undefined>;

const END: Result = { done: true, value: undefined };

/** What ends the messages of an answer. */
export interface AnswerEnd {
  /** Flag of an envelope that is no message, but ends the body; 0 if there is none. */
  readonly endFlag: number;
  /** Reads that envelope. An error it throws ends the messages. */
  readEnd(content: Uint8Array): void;
  /** True if a body that ends now has no status, though a stream of the protocol ends with one. */
  lacksStatus(begun: boolean): boolean;
  /** Called at the end of the body, which is empty if it never began. An error it throws replaces the end. */
  check(begun: boolean): void;
}

/** What the protocol and the head of an answer say of its messages. */
export interface AnswerForm {
  /** Compression of messages that are compressed, if the answer has one. */
  readonly compression: Compression | undefined;
  /** Largest message, in bytes, decompressed. */
  readonly readMaxBytes: number;
  readonly end: AnswerEnd;
}

/** Request that ends with the last message of its answer. */
export interface OwnedRequest {
  /** Called at the end of the body. */
  finish(): void;
  /** Called with what is wrong. Returns the error to report. */
  fail(reason: unknown): unknown;
}

/** What is recorded of a body. */
export type BodyRecord = Pick<Recording, "brokeOff" | "cutShort">;

/** Messages of an answer, read from its envelopes. Requests made meanwhile are answered in order. */
export class AnswerMessages implements AsyncIterableIterator<Message, undefined> {
  private readonly reader: EnvelopeReader;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private over = false;
  // True once the envelope that ends the body was read.
  private ended = false;
  // Settles after the request under way, if one waits.
  private waiting: Promise<void> | undefined;

  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly codec: MessageCodec,
    private readonly form: AnswerForm,
    private readonly record: BodyRecord | undefined,
    private readonly request?: OwnedRequest,
  ) {
    this.reader = new EnvelopeReader(form.readMaxBytes, form.end.endFlag);
    this.chunks = body[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const { waiting } = this;
    if (waiting !== undefined) {
      return this.wait(waiting.then(() => this.take() ?? this.read()));
    }
    try {
      const found = this.take();
      return found === undefined || found instanceof Promise
        ? this.wait(found ?? this.read())
        : Promise.resolve(found);
    } catch (reason) {
      return this.fail(reason);
    }
  }

  /**
   * Reads the message of a unary answer, to the end of its body. Nothing else was read before.
   *
   * @returns undefined if there is none.
   * @throws ConnectError `unimplemented` if there is another.
   */
  async only(): Promise<Message | undefined> {
    try {
      const { value: message } = await this.read();
      if (message !== undefined && (await (this.take() ?? this.read())).done !== true) {
        throw protocolError("a second message in a unary answer", Code.Unimplemented);
      }
      return message;
    } catch (reason) {
      return this.fail(reason);
    }
  }

  private wait(found: Promise<Result>): Promise<Result> {
    const result = found.catch((reason: unknown) => this.fail(reason));
    const settled = () => {
      if (this.waiting === waiting) {
        this.waiting = undefined;
      }
    };
    const waiting = result.then(settled, settled);
    this.waiting = waiting;
    return result;
  }

  // Returns what the chunk at hand tells; a promise if it is compressed.
  private take(): Result | Promise<Result> | undefined {
    if (this.over) {
      return END;
    }
    for (;;) {
      const envelope = this.reader.take();
      if (envelope === undefined) {
        return undefined;
      }
      const { flags, content } = envelope;
      if (this.ended) {
        throw protocolError("data after the end of the stream", Code.InvalidArgument);
      }
      if ((flags & COMPRESSED) !== 0) {
        return this.decompress(flags, content);
      }
      const found = this.open(flags, content);
      if (found !== undefined) {
        return found;
      }
    }
  }

  private open(flags: number, content: Uint8Array): Result | undefined {
    if ((flags & this.form.end.endFlag) === 0) {
      return { done: false, value: this.codec.read(content) };
    }
    this.ended = true;
    this.form.end.readEnd(content);
    return undefined;
  }

  private async decompress(flags: number, content: Uint8Array): Promise<Result> {
    const { compression, readMaxBytes } = this.form;
    if (compression === undefined) {
      throw protocolError("compressed data without a coding", Code.Internal);
    }
    const bytes = await compression.decompress(content, readMaxBytes);
    return this.open(flags, bytes) ?? this.take() ?? this.read();
  }

  private async read(): Promise<Result> {
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await this.chunks.next();
      } catch (reason) {
        this.record?.brokeOff(reason);
        throw reason;
      }
      if (next.done === true) {
        this.finish();
        this.over = true;
        return END;
      }
      this.reader.add(next.value);
      const found = this.take();
      if (found !== undefined) {
        return found;
      }
    }
  }

  private finish(): void {
    const { form, reader, record } = this;
    const { end } = form;
    if (record !== undefined) {
      record.cutShort = end.lacksStatus(reader.begun) || (end.endFlag === 0 && reader.midway);
    }
    reader.finish();
    end.check(reader.begun);
    this.request?.finish();
  }

  // The rest of the body is not read.
  private async fail(reason: unknown): Promise<never> {
    this.over = true;
    void this.chunks.return?.().catch(() => {});
    if (this.request === undefined) {
      throw reason;
    }
    // A server that states an error ends its answer by itself: the one in this process does so in
    // the next two microtasks, and is not to see a cancellation.
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    throw this.request.fail(reason);
  }
}
