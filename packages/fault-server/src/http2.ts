import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerStreamResponseOptions,
} from "node:http2";
import type { Duplex } from "node:stream";
import { HTTP2_CODES } from "./check_script.js";
import {
  aborted,
  type AnswerHead,
  type Connection,
  type Exchange,
  Gone,
  type Host,
  orGone,
  Unsupported,
} from "./exchange.js";
import { pairs, toHttp2 } from "./forward.js";
import { Http2Wire } from "./http2_wire.js";
import type { RequestHead } from "./recorder.js";
import type { Header, Http2Code } from "./script.js";

/** One HTTP/2 connection at work. */
export interface Http2Connection {
  readonly session: ServerHttp2Session;
  readonly wire: Http2Wire;
}

/** Serves one connection that began with the HTTP/2 preface. */
export function serveHttp2(
  connection: Connection,
  socket: Duplex,
  first: Buffer,
  host: Host,
): Http2Connection {
  const wire = new Http2Wire(socket, first, () => host.unread(connection));
  wire.on("error", () => {});
  const { maxConcurrentStreams } = host;
  const settings = maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams };
  const session = performServerHandshake(wire, { settings });
  session.on("error", () => {});
  const onStream = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: string[],
  ) => {
    const fields = pairs(rawHeaders);
    const head: RequestHead = {
      httpVersion: "2",
      streamId: stream.id ?? 0,
      method: headers[":method"] ?? "",
      path: headers[":path"] ?? "",
      authority: headers[":authority"] ?? "",
      headers: fields,
    };
    void host.serve(new Http2Exchange(connection, wire, stream, head));
  };
  session.on("stream", onStream);
  wire.start();
  return { session, wire };
}

class Http2Exchange implements Exchange {
  readonly head: RequestHead;
  readonly connection: Connection;
  readonly gone: AbortSignal;
  private body: Promise<Buffer> | undefined;
  private trailers: readonly Header[] = [];
  private ended = false;

  constructor(
    connection: Connection,
    private readonly wire: Http2Wire,
    private readonly stream: ServerHttp2Stream,
    head: RequestHead,
  ) {
    this.connection = connection;
    this.head = head;
    const controller = new AbortController();
    this.gone = controller.signal;
    stream.on("error", () => {});
    stream.on("aborted", () => controller.abort());
    stream.on("close", () => controller.abort());
  }

  get resetCode(): number | undefined {
    return this.wire.wasReset(this.id) ? this.stream.rstCode : undefined;
  }

  private get id(): number {
    return this.head.streamId ?? 0;
  }

  readBody(): Promise<Buffer> {
    this.body ??= this.collect();
    this.body.catch(() => {});
    return orGone(this.body, this.gone);
  }

  async sendInformational(status: number): Promise<void> {
    if (this.gone.aborted) {
      throw new Gone();
    }
    this.stream.additionalHeaders({ ":status": status });
  }

  async sendRaw(): Promise<void> {
    throw new Unsupported("raw bytes need HTTP/1.1, this request came over HTTP/2");
  }

  async sendHead(head: AnswerHead): Promise<void> {
    if (this.gone.aborted) {
      throw new Gone();
    }
    const sent = this.wire.headersSent(this.id);
    this.ended = head.alone;
    this.stream.on("wantTrailers", () => this.sendTrailers());
    // node:http2 adds a date unless told not to, by an option its types leave out.
    const options: ServerStreamResponseOptions & { sendDate: boolean } = {
      endStream: head.alone,
      waitForTrailers: head.trailers,
      sendDate: false,
    };
    try {
      this.stream.respond({ ":status": head.status, ...toHttp2(head.headers) }, options);
    } catch (reason) {
      throw new Unsupported(reason instanceof Error ? reason.message : String(reason));
    }
    if (!head.alone) {
      await orGone(sent, this.gone);
    }
  }

  sendBody(bytes: Buffer): Promise<void> {
    return this.done((done) => this.stream.write(bytes, done));
  }

  async end(trailers: readonly Header[]): Promise<void> {
    this.trailers = trailers;
    if (!this.ended) {
      await this.done((done) => this.stream.end(done));
    }
  }

  async stall(): Promise<void> {
    await aborted(this.gone);
  }

  async rstStream(code: Http2Code): Promise<void> {
    // Or close() would end a half-sent answer in good order, and send no RST_STREAM at all.
    // oxlint-disable-next-line no-underscore-dangle -- Writable calls it so
    this.stream._final = () => {};
    this.stream.close(HTTP2_CODES[code]);
    await aborted(this.gone);
  }

  goaway(lastStream: "before" | "this", code: Http2Code): Promise<void> {
    const last = lastStream === "this" ? this.id : Math.max(0, this.id - 2);
    return this.wire.goaway(last, HTTP2_CODES[code]);
  }

  private async collect(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.stream.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }

  private sendTrailers(): void {
    try {
      this.stream.sendTrailers(toHttp2(this.trailers));
    } catch {
      // It is too late to report it, and an error thrown from an event would end the process.
      this.stream.close(HTTP2_CODES.INTERNAL_ERROR);
    }
  }

  private done(start: (done: (reason?: Error | null) => void) => void): Promise<void> {
    const done = new Promise<void>((resolve, reject) =>
      start((reason) => (reason ? reject(new Gone()) : resolve())),
    );
    // The race may be lost to `gone`; the rejection then has no other reader.
    done.catch(() => {});
    return orGone(done, this.gone);
  }
}
