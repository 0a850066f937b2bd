import { Code } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { inFlight } from "../wire/recorder.js";
import { HTTP2_CODES } from "./http2_codes.js";
import type { Http2Pool } from "./http2_pool.js";
import { resetError } from "./node_errors.js";
import { isLateWrite, NodeExchange } from "./node_exchange.js";
import { readFields, writeFields } from "./node_headers.js";

/** Creates an HTTP client over a pool of connections to one origin. */
export function http2Client(origin: string, pool: Http2Pool): UniversalClientFn {
  return (request) => {
    const { recording } = inFlight;
    return new Promise((resolve, reject) => {
      const ending = recording === undefined ? request.signal : recording.signal;
      const exchange = new Http2Exchange(
        { header: request.header, body: request.body, ending },
        resolve,
        reject,
      );
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

class Http2Exchange extends NodeExchange {
  private stream: ClientHttp2Stream | undefined;
  private answered = false;

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
      this.answered = true;
      this.respond(head[":status"] ?? 0, head);
    });
    stream.on("trailers", (fields) => void readFields(fields, this.trailer));
    this.readFrom(stream);
    const { session } = stream;
    stream.on("close", () => {
      const reason = resetError(stream.rstCode, session?.destroyed === true);
      if (reason !== undefined) {
        this.fail(reason);
      }
    });
    this.send(stream).catch((reason: unknown) => this.fail(reason));
  }

  // A reset with NO_ERROR ends a stream without an error, also before its answer. An answer may end
  // before its request, which nobody reads any more (RFC 9113, section 8.1): the stream would stay open
  // as long as the caller has messages to send.
  protected atEnd(): void {
    const { answered, stream } = this;
    if (!answered) {
      stream?.destroy(new Error("the stream ended without an answer"));
    } else if (stream?.writableEnded === false) {
      stream.close(HTTP2_CODES.NO_ERROR);
    }
  }

  // Tells the server (gRPC over HTTP/2, "Errors").
  protected reset(): void {
    const { error, stream } = this;
    if (stream === undefined) {
      return;
    }
    if (!stream.closed) {
      const { CANCEL, INTERNAL_ERROR } = HTTP2_CODES;
      const { Canceled, DeadlineExceeded } = Code;
      const isCaller = error?.code === Canceled || error?.code === DeadlineExceeded;
      stream.close(isCaller ? CANCEL : INTERNAL_ERROR);
    }
    queueMicrotask(() => drain(stream));
  }
}

// The rest of an answer would keep its stream, even one closed by both sides, and with it the session.
function drain(stream: ClientHttp2Stream): void {
  const read = () => {
    while (stream.read() !== null) {}
  };
  stream.on("readable", read);
  read();
}

function pathOf(url: string, origin: string): string {
  if (url.startsWith(`${origin}/`) && !url.includes("#")) {
    return url.slice(origin.length);
  }
  const { pathname, search } = new URL(url);
  return pathname + search;
}
