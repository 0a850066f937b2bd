import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ByteReader } from "./byte_reader.js";
import type { Host } from "./exchange.js";
import { type Http1Link, serveHttp1 } from "./http1.js";
import { type Http2Connection, serveHttp2 } from "./http2.js";

/** One accepted TCP connection, with TLS or without, before and after its protocol is known. */
export class Link implements Http1Link {
  readonly id: number;
  readonly closed: AbortSignal;
  socket: Duplex;
  busy = false;
  retiring = false;
  private byteReader: ByteReader | undefined;
  private http2Connection: Http2Connection | undefined;

  constructor(
    id: number,
    private readonly raw: Socket,
  ) {
    const closed = new AbortController();
    this.id = id;
    this.socket = raw;
    this.closed = closed.signal;
    raw.on("error", () => {});
    raw.on("close", () => closed.abort());
  }

  get reader(): ByteReader {
    this.byteReader ??= new ByteReader(this.socket);
    return this.byteReader;
  }

  /** Serves HTTP/2 if the client opens with its preface, else HTTP/1.1. */
  async serve(socket: Duplex, host: Host): Promise<void> {
    this.socket = socket;
    socket.on("error", () => {});
    if (!(await this.reader.have(3))) {
      return;
    }
    if (this.reader.peek(3).toString("latin1") === "PRI") {
      this.http2Connection = serveHttp2(this, socket, this.reader.detach(), host);
      if (this.retiring) {
        this.http2Connection.session.close();
      }
    } else {
      await serveHttp1(this, host);
    }
  }

  /** True once the client has opened with the HTTP/2 preface. */
  get http2(): boolean {
    return this.http2Connection !== undefined;
  }

  reset(): void {
    this.raw.resetAndDestroy();
  }

  fin(): void {
    this.retiring = true;
    if (this.http2Connection) {
      this.http2Connection.wire.silence();
    } else if (this.byteReader) {
      this.byteReader.discard();
    } else {
      this.raw.resume();
    }
    this.socket.end();
  }

  silence(): void {
    this.http2Connection?.wire.silence();
  }

  retire(): void {
    this.retiring = true;
    if (this.http2Connection) {
      this.http2Connection.session.close();
    } else if (!this.busy) {
      this.fin();
    }
  }

  destroy(): void {
    this.raw.destroy();
  }

  /** Reads on and drops the data, so that the client's end is seen. */
  ignore(): void {
    if (!this.byteReader && !this.http2Connection) {
      this.raw.resume();
    }
  }
}
