import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { ServerTls } from "./accept.js";
import { answerCors } from "./cors.js";
import type { Generation } from "./generations.js";
import { listen } from "./listener.js";
import { REQUEST_ID_HEADER, requestIdOf } from "./report.js";
import { routes } from "./routes.js";
import { createStore, type RecordedUsage, type StoreOptions } from "./store.js";

// Enough to leave the many small messages of a stream alone: for each, it costs more than the message.
const COMPRESS_MIN_BYTES = 128;

/** Options of {@link startReferenceServer}. */
export interface ReferenceServerOptions extends StoreOptions {
  /** Port to listen on. Default 0: a free one. */
  port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** Speaks TLS, and only that. Default: cleartext. */
  tls?: ServerTls;
  /**
   * Origins whose scripts may call from a browser (CORS), as browsers write
   * them: `https://app.example.com`. `*` stands for every origin. Default none.
   */
  allowedOrigins?: readonly string[];
  /** Longest wait of {@link ReferenceServer.close} for calls in flight. Default 5000. */
  graceMs?: number;
}

/** A running reference server. */
export interface ReferenceServer {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /**
   * Stops accepting connections, lets calls in flight finish, closes idle connections, and after
   * `graceMs` milliseconds the remaining ones. Streams that are meant to stay open end at once,
   * with `unavailable`. Resolves when all are closed. May be called more than once.
   */
  close(): Promise<void>;
  /** Lists all recorded uses so far, of all tenants, in the order of recording. */
  usageRecords(): RecordedUsage[];
  /**
   * Counts the calls of each method, by full name (`ameide.meter.v1.MeterService/RecordUsage`),
   * including refused ones.
   */
  calls(): Record<string, number>;
  /** Counts the open streams of each method, by full name. */
  openStreams(): Record<string, number>;
  /** Lists all generations so far, of all tenants, in the order they began. Each is billed. */
  generations(): Generation[];
}

/**
 * Starts a server with an empty memory. It speaks Connect, gRPC and gRPC-Web
 * over HTTP/1.1 and HTTP/2, with TLS or without, on one port.
 *
 * @throws Error, in one line, if the port is in use.
 */
export async function startReferenceServer(
  options: ReferenceServerOptions = {},
): Promise<ReferenceServer> {
  const { port = 0, host = "127.0.0.1", graceMs = 5000, tls, ...rest } = options;
  const { allowedOrigins = [], ...storeOptions } = rest;
  const store = createStore(storeOptions);
  const handler = connectNodeAdapter({
    routes: routes(store),
    compressMinBytes: COMPRESS_MIN_BYTES,
  });
  const listener = await listen(
    (req, res) => {
      // Repeated here, so that an answer given before any interceptor runs has its id.
      const header = req.headers[REQUEST_ID_HEADER];
      const requestId = requestIdOf(Array.isArray(header) ? header[0] : header);
      req.headers[REQUEST_ID_HEADER] = requestId;
      res.setHeader(REQUEST_ID_HEADER, requestId);
      const { headers, preflight } = answerCors(req, allowedOrigins);
      for (const [name, value] of Object.entries(headers)) {
        res.setHeader(name, value);
      }
      if (!preflight) {
        return handler(req, res);
      }
      res.statusCode = 204;
      res.end();
    },
    { host, port, tls },
  );
  return {
    url: `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${listener.port}`,
    port: listener.port,
    close() {
      store.openStreams.endLongLived();
      return listener.close({ graceMs });
    },
    usageRecords: () => store.usageRecords(),
    calls: () => store.calls(),
    openStreams: () => store.openStreams.counts(),
    generations: () => store.generations.all(),
  };
}
