import type { ConnectError } from "@connectrpc/connect";
import type { UniversalClientResponse } from "@connectrpc/connect/protocol";
import type { IncomingHttpHeaders } from "node:http2";
import type { Readable, Writable } from "node:stream";
import { networkErrors } from "../errors/network_errors.js";
import type { Ending } from "../runtime/signals.js";
import { noHeaders } from "../wire/own_headers.js";
import { type Chunk, OneChunk } from "../wire/watched_body.js";
import { nodeError } from "./node_errors.js";
import { readFields } from "./node_headers.js";

const END: Chunk = { done: true, value: undefined };

/** Request of an exchange, besides its head. */
export interface ExchangeRequest {
  /** Those of the answer are in their form. */
  readonly header: Headers;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly ending: Ending | undefined;
}

/**
 * One request and its answer, over streams of Node.js. The body of the answer is read from its stream
 * as it is asked for.
 */
export abstract class NodeExchange implements AsyncIterable<Uint8Array> {
  /** True once it has ended, well or not. */
  over = false;
  /** Error it has ended with. */
  protected error: ConnectError | undefined;
  protected readonly trailer: Headers;
  /** Stream of the answer, once there is one. */
  protected source: Readable | undefined;
  // Reader that waits for a chunk.
  private settle: ((chunk: Chunk | Promise<never>) => void) | undefined;
  private ended = false;

  constructor(
    private readonly request: ExchangeRequest,
    private readonly resolve: (response: UniversalClientResponse) => void,
    private readonly reject: (error: ConnectError) => void,
  ) {
    const { ending } = request;
    this.trailer = noHeaders(request.header);
    if (ending?.aborted === true) {
      this.fail(ending.reason);
    } else {
      ending?.addEventListener("abort", this);
    }
  }

  /** True if the body of the request is not one chunk, sent with its end. */
  protected get streams(): boolean {
    const { body } = this.request;
    return body !== undefined && !(body instanceof OneChunk);
  }

  /** Ends what is below after the exchange has failed. */
  protected abstract reset(): void;

  /** Called when the request is ended. */
  handleEvent(): void {
    this.fail(this.request.ending?.reason);
  }

  /** Ends the exchange, once: with what the server, the network or its caller says. */
  fail(reason: unknown): void {
    if (this.over) {
      return;
    }
    const error = nodeError(reason);
    this.error = error;
    this.finish();
    this.reject(error);
    this.answer(Promise.reject(error));
    this.reset();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () =>
        new Promise((settle) => {
          this.settle = settle;
          this.pull();
        }),
      // Connect asks for this method.
      throw: (reason: unknown) => {
        this.fail(reason);
        return Promise.reject(reason);
      },
    };
  }

  /** Tells the caller of the head of the answer. */
  protected respond(status: number, fields: IncomingHttpHeaders): void {
    const header = readFields(fields, noHeaders(this.request.header));
    this.resolve({ status, header, body: this, trailer: this.trailer });
  }

  /** Reads the body of the answer from a stream. */
  protected readFrom(source: Readable): void {
    this.source = source;
    source.on("readable", () => this.pull());
    source.on("end", () => {
      this.atEnd();
      this.ended = true;
      this.pull();
    });
  }

  /** Called before the end of the answer is passed on. */
  protected abstract atEnd(): void;

  /** Sends the body of the request, or its end if it has none. */
  protected async send(stream: Writable): Promise<void> {
    const { body } = this.request;
    if (body === undefined) {
      stream.end();
      return;
    }
    const chunks = body[Symbol.asyncIterator]();
    const { streams } = this;
    for (;;) {
      const { done, value } = await chunks.next();
      if (this.error !== undefined) {
        return;
      }
      if (done === true) {
        stream.end();
        return;
      }
      if (!streams) {
        stream.end(value);
        return;
      }
      const failed = await written(stream, value);
      if (failed !== undefined) {
        void chunks.throw?.(nodeError(failed)).catch(() => {});
        if (!isLateWrite(stream, failed)) {
          this.fail(failed);
        }
        return;
      }
    }
  }

  private pull(): void {
    if (this.settle === undefined) {
      return;
    }
    if (this.error !== undefined) {
      this.answer(Promise.reject(this.error));
      return;
    }
    const chunk = this.source?.read() as Uint8Array | null | undefined;
    if (chunk) {
      this.answer({ done: false, value: chunk });
    } else if (this.ended) {
      this.finish();
      this.answer(END);
    }
  }

  private answer(chunk: Chunk | Promise<never>): void {
    const { settle } = this;
    this.settle = undefined;
    if (settle !== undefined) {
      settle(chunk);
    } else if (chunk instanceof Promise) {
      // Whoever asks next is told.
      chunk.catch(() => {});
    }
  }

  private finish(): void {
    this.over = true;
    this.request.ending?.removeEventListener("abort", this);
  }
}

function written(stream: Writable, chunk: Uint8Array): Promise<Error | undefined> {
  return new Promise((resolve) => {
    stream.write(chunk, (reason) => resolve(reason ?? undefined));
  });
}

/**
 * Reports whether a write failed only because the server has answered and closed: it needs no more of
 * the request, and that is no failure of the answer.
 */
export function isLateWrite(stream: Writable, reason: unknown): boolean {
  return (
    stream.writableEnded &&
    networkErrors(reason).some(({ code }) => code === "ERR_STREAM_WRITE_AFTER_END")
  );
}
