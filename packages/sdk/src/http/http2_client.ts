import { Code, type ConnectError } from "@connectrpc/connect";
import type { UniversalClientFn, UniversalClientResponse } from "@connectrpc/connect/protocol";
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { networkErrors } from "../errors/network_errors.js";
import type { Ending } from "../runtime/signals.js";
import { inFlight } from "../wire/recorder.js";
import { type Chunk, OneChunk } from "../wire/watched_body.js";
import type { Http2Pool } from "./http2_pool.js";
import { nodeError, resetError } from "./node_errors.js";
import { readFields, writeFields } from "./node_headers.js";

const END: Chunk = { done: true, value: undefined };

/** Creates an HTTP client over a pool of connections to one origin. */
export function http2Client(origin: string, pool: Http2Pool): UniversalClientFn {
  return (request) => {
    const { recording } = inFlight;
    return new Promise((resolve, reject) => {
      const ending = recording === undefined ? request.signal : recording.signal;
      const exchange = new Exchange({ body: request.body, ending }, resolve, reject);
      if (exchange.over) {
        return;
      }
      const { header, method, url } = request;
      const head = writeFields(header, { ":method": method, ":path": pathOf(url, origin) });
      pool.request({ head, options: {}, recording }).then(
        (stream) => exchange.begin(stream),
        (reason: unknown) => exchange.fail(reason),
      );
    });
  };
}

interface ExchangeRequest {
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly ending: Ending | undefined;
}

/** One request and its answer. The body of the answer is read from the stream as it is asked for. */
class Exchange implements AsyncIterable<Uint8Array> {
  over = false;
  private error: ConnectError | undefined;
  private stream: ClientHttp2Stream | undefined;
  private readonly trailer = new Headers();
  private answered = false;
  // Reader that waits for a chunk.
  private settle: ((chunk: Chunk | Promise<never>) => void) | undefined;
  private ended = false;

  constructor(
    private readonly request: ExchangeRequest,
    private readonly resolve: (response: UniversalClientResponse) => void,
    private readonly reject: (error: ConnectError) => void,
  ) {
    const { ending } = request;
    if (ending?.aborted === true) {
      this.fail(ending.reason);
    } else {
      ending?.addEventListener("abort", this);
    }
  }

  /** Called when the request is ended. */
  handleEvent(): void {
    this.fail(this.request.ending?.reason);
  }

  begin(stream: ClientHttp2Stream): void {
    this.stream = stream;
    // An error that nobody listens to would end the process, also after the exchange is over.
    stream.on("error", (reason) => {
      if (!isLateWrite(stream, reason)) {
        this.fail(reason);
      }
    });
    if (this.over) {
      this.reset();
      return;
    }
    stream.on("response", (head: IncomingHttpHeaders & { ":status"?: number }) => {
      const { ":status": status = 0 } = head;
      const { trailer } = this;
      this.answered = true;
      this.resolve({ status, header: readFields(head, new Headers()), body: this, trailer });
    });
    stream.on("trailers", (fields) => {
      readFields(fields, this.trailer);
    });
    stream.on("readable", () => this.pull());
    stream.on("end", () => {
      // A reset with NO_ERROR ends it without an error.
      if (!this.answered) {
        stream.destroy(new Error("the stream ended without an answer"));
      }
      this.ended = true;
      this.pull();
    });
    stream.on("close", () => {
      const reason = resetError(stream.rstCode);
      if (reason !== undefined) {
        this.fail(reason);
      }
    });
    this.send(stream).catch((reason: unknown) => this.fail(reason));
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
    queueMicrotask(() => this.drain());
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

  private pull(): void {
    if (this.settle === undefined) {
      return;
    }
    if (this.error !== undefined) {
      this.answer(Promise.reject(this.error));
      return;
    }
    const chunk = this.stream?.read() as Uint8Array | null | undefined;
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

  // The rest of an answer would keep its stream, even one closed by both sides, and with it the session.
  private drain(): void {
    const { stream } = this;
    if (stream !== undefined) {
      const read = () => {
        while (stream.read() !== null) {}
      };
      stream.on("readable", read);
      read();
    }
  }

  private finish(): void {
    this.over = true;
    this.request.ending?.removeEventListener("abort", this);
  }

  // Tells the server (gRPC over HTTP/2, "Errors").
  private reset(): void {
    const { error, stream } = this;
    if (stream !== undefined && !stream.closed) {
      const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = constants;
      stream.close(error?.code === Code.Canceled ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
    }
  }

  private async send(stream: ClientHttp2Stream): Promise<void> {
    const { body } = this.request;
    if (body === undefined) {
      stream.end();
      return;
    }
    const chunks = body[Symbol.asyncIterator]();
    const isOne = body instanceof OneChunk;
    for (;;) {
      const { done, value } = await chunks.next();
      if (this.error !== undefined) {
        return;
      }
      if (done === true) {
        stream.end();
        return;
      }
      if (isOne) {
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
}

function written(stream: ClientHttp2Stream, chunk: Uint8Array): Promise<Error | undefined> {
  return new Promise((resolve) => {
    stream.write(chunk, (reason) => resolve(reason ?? undefined));
  });
}

// A server that has answered and closed needs no more of the request: that is no failure of the
// answer.
function isLateWrite(stream: ClientHttp2Stream, reason: unknown): boolean {
  return (
    stream.writableEnded &&
    networkErrors(reason).some(({ code }) => code === "ERR_STREAM_WRITE_AFTER_END")
  );
}

function pathOf(url: string, origin: string): string {
  if (url.startsWith(`${origin}/`) && !url.includes("#")) {
    return url.slice(origin.length);
  }
  const { pathname, search } = new URL(url);
  return pathname + search;
}
