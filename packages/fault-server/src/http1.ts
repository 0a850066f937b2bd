import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { ByteReader } from "./byte_reader.js";
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
import { expectsContinue, field, Malformed, readBody, readHead } from "./http1_message.js";
import type { RequestHead } from "./recorder.js";
import type { Header } from "./script.js";

/** Connection, with the state that its answers need. */
export interface Http1Link extends Connection {
  readonly socket: Duplex;
  readonly reader: ByteReader;
  /** True if the next answer is the last. */
  readonly retiring: boolean;
  /** True while a request is being answered. */
  busy: boolean;
}

/** Serves one connection, one request after the other. */
export async function serveHttp1(link: Http1Link, host: Host): Promise<void> {
  try {
    while (await link.reader.have(1)) {
      link.busy = true;
      if (host.unread(link)) {
        return;
      }
      const head = await readHead(link.reader);
      if (!head) {
        return;
      }
      const exchange = new Http1Exchange(link, head);
      await host.serve(exchange);
      if (!exchange.reusable) {
        return;
      }
      link.busy = false;
    }
  } catch (reason) {
    if (!(reason instanceof Malformed)) {
      throw reason;
    }
    link.socket.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    link.fin();
  }
}

class Http1Exchange implements Exchange {
  readonly resetCode = undefined;
  readonly head: RequestHead;
  private bodyRead = false;
  private chunked = false;
  private bodyless = false;
  /** Bytes of the body that the head announced and that are still to come. */
  private owed: number | undefined;
  private last = false;
  private ended = false;

  constructor(
    private readonly link: Http1Link,
    head: RequestHead,
  ) {
    this.head = head;
    this.last = /\bclose\b/i.test(field(head.headers, "connection") ?? "");
  }

  get connection(): Connection {
    return this.link;
  }

  get gone(): AbortSignal {
    return this.link.closed;
  }

  /** True if the connection can carry another request. */
  get reusable(): boolean {
    return this.ended && this.bodyRead && !this.last;
  }

  async readBody(): Promise<Buffer> {
    if (this.bodyRead) {
      return Buffer.alloc(0);
    }
    if (expectsContinue(this.head.headers)) {
      await this.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    const body = await orGone(readBody(this.link.reader, this.head.headers), this.gone);
    if (!body) {
      throw new Gone();
    }
    this.bodyRead = true;
    return body;
  }

  async sendInformational(status: number): Promise<void> {
    await this.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n\r\n`);
  }

  async sendRaw(bytes: Buffer): Promise<void> {
    await this.write(bytes);
  }

  async sendHead(head: AnswerHead): Promise<void> {
    const lines = head.headers.map(([name, value]) => `${name}: ${value}\r\n`);
    this.bodyless = this.head.method === "HEAD" || head.status === 204 || head.status === 304;
    const coding = field(head.headers, "transfer-encoding");
    const length = field(head.headers, "content-length");
    if (coding !== undefined) {
      this.chunked = coding.toLowerCase() === "chunked";
    } else if (length !== undefined) {
      this.owed = Number(length);
    } else if (head.length === undefined || head.trailers) {
      this.chunked = true;
      lines.push("transfer-encoding: chunked\r\n");
    } else if (!this.bodyless) {
      this.owed = head.length;
      lines.push(`content-length: ${head.length}\r\n`);
    }
    this.last ||= head.early || this.link.retiring;
    if (this.last && field(head.headers, "connection") === undefined) {
      lines.push("connection: close\r\n");
    }
    const phrase = STATUS_CODES[head.status] ?? "";
    await this.write(`HTTP/1.1 ${head.status} ${phrase}\r\n${lines.join("")}\r\n`);
  }

  async sendBody(bytes: Buffer, declared: number): Promise<void> {
    if (this.bodyless || declared === 0) {
      return;
    }
    if (this.owed !== undefined) {
      this.owed -= bytes.length;
    }
    if (!this.chunked) {
      return this.write(bytes);
    }
    const size = Buffer.from(`${declared.toString(16)}\r\n`, "latin1");
    const close = Buffer.from(bytes.length === declared ? "\r\n" : "", "latin1");
    return this.write(Buffer.concat([size, bytes, close]));
  }

  async end(trailers: readonly Header[]): Promise<void> {
    if (this.chunked && !this.bodyless) {
      const lines = trailers.map(([name, value]) => `${name}: ${value}\r\n`);
      await this.write(`0\r\n${lines.join("")}\r\n`);
    }
    this.ended = true;
    // A length that was not kept leaves no way to tell where the next answer begins.
    if (this.owed !== undefined && this.owed !== 0 && !this.bodyless) {
      this.last = true;
    }
    if (!this.bodyRead) {
      this.last = true;
    }
    if (this.last) {
      this.link.fin();
    }
  }

  async stall(): Promise<void> {
    await aborted(this.gone);
  }

  async rstStream(): Promise<void> {
    throw new Unsupported("RST_STREAM needs HTTP/2, this request came over HTTP/1.1");
  }

  async goaway(): Promise<void> {
    throw new Unsupported("GOAWAY needs HTTP/2, this request came over HTTP/1.1");
  }

  private write(bytes: string | Buffer): Promise<void> {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    const written = new Promise<void>((resolve, reject) =>
      this.link.socket.write(data, (reason) => (reason ? reject(new Gone()) : resolve())),
    );
    // The race may be lost to `gone`; the rejection then has no other reader.
    written.catch(() => {});
    return orGone(written, this.gone);
  }
}
