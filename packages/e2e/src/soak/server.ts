import { openSync } from "node:fs";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Certificate } from "@ameideio/fault-server";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Delay } from "./delay.js";
import { routesOf } from "./service.js";

// Server of the soak, as a process that can be killed. SIGTERM drains it: calls in flight are
// answered, GOAWAY and `connection: close` say that no more are taken, and then it ends by itself.

/** Options of a server. */
export interface ServerOrder {
  readonly certificate: Certificate;
  /** Authority of the admitted clients, PEM. */
  readonly clientAuthority: string;
  /** File that executions are written to. */
  readonly journal: string;
}

/** The ports a server listens at: `1.1` without TLS, `2` with it. */
export interface Ports {
  readonly "1.1": number;
  readonly "2": number;
}

/** Message from a server. */
export type ServerNews = { readonly ports: Ports } | { readonly starvedMs: number };

const TELL_MS = 250;
const delay = new Delay();
const IDLE_LOOK_MS = 20;
/**
 * Time after an order to recycle during which a server ends each HTTP/1.1 connection with the
 * answer.
 */
const RECYCLE_MS = 1_000;
const sessions = new Set<ServerHttp2Session>();
const answers = new Set<ServerResponse>();
let draining = false;
let recycledMs = Number.NEGATIVE_INFINITY;

process.once("message", (order) => void serve(order as ServerOrder));
// The harness is gone, and with it the purpose of this process.
process.once("disconnect", () => process.exit(1));

async function serve({ certificate, clientAuthority, journal }: ServerOrder): Promise<void> {
  const handle = connectNodeAdapter({ routes: routesOf(openSync(journal, "a")) });
  const tls = { ...certificate, ca: clientAuthority, requestCert: true, rejectUnauthorized: true };
  const http2 = createSecureServer(tls, handle);
  const http1 = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    response.shouldKeepAlive = !draining && performance.now() - recycledMs > RECYCLE_MS;
    answers.add(response);
    response.once("close", () => answers.delete(response));
    handle(request, response);
  });
  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  const [first, second] = await Promise.all(
    [http1, http2].map(
      (server) =>
        new Promise<number>((resolve) => {
          server.on("tlsClientError", () => {});
          server.on("clientError", (_, socket: Socket) => socket.destroy());
          server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  const recycle = () => {
    for (const session of sessions) {
      session.close();
    }
    // Clients being served are told as well, if no head was sent yet.
    for (const answer of answers) {
      answer.shouldKeepAlive = false;
    }
  };
  process.on("message", () => {
    recycle();
    http1.closeIdleConnections();
    recycledMs = performance.now();
  });
  process.once("SIGTERM", () => {
    draining = true;
    recycle();
    http2.close();
    http1.close();
    const timer = setInterval(() => {
      http1.closeIdleConnections();
      if (sessions.size === 0 && !http1.listening) {
        http1.getConnections(end);
      }
    }, IDLE_LOOK_MS);
    const end = (_: unknown, open: number) => {
      if (open > 0) {
        return;
      }
      clearInterval(timer);
      process.exit(0);
    };
  });
  tell({ ports: { "1.1": first as number, "2": second as number } });
  delay.start();
  setInterval(() => tell({ starvedMs: delay.take() }), TELL_MS).unref();
}

function tell(news: ServerNews): void {
  process.send?.(news);
}
