import {
  createServer as createHttp1Server,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createContextValues } from "@connectrpc/connect";
import type { Authority, Certificate } from "@ameideio/fault-server";
import { allowOrigins } from "./cors.js";
import type { Place } from "./program/place.js";
import { connectionKey, witnessRoutes } from "./witness_service.js";

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** Servers of one service whose answers describe the call as they saw it. */
export interface Witness {
  readonly urls: Place["witness"];
  /** Resolves once the client of this stream left it before its end. */
  left(id: string): Promise<void>;
  close(): void;
}

/**
 * Starts the witness on four ports: HTTP/1.1, HTTP/2, both over TLS, and the
 * same asking for a client certificate.
 *
 * @param known - Issues the certificate of the third.
 * @param unknown - Issues those of the fourth and of its clients.
 */
export async function startWitness(known: Authority, unknown: Authority): Promise<Witness> {
  const departures = new EventTarget();
  const departed = new Set<string>();
  const service = connectNodeAdapter({
    // Many servers and proxies compress small messages too; a fetch asks for it by itself.
    compressMinBytes: 1,
    routes: witnessRoutes((id) => {
      departed.add(id);
      departures.dispatchEvent(new Event(id));
    }),
    contextValues: (request) =>
      createContextValues().set(connectionKey, {
        http: request.httpVersion,
        ...certificateOf(request.socket),
      }),
  });
  const handle = (request: Request, response: Response) => {
    if (!allowOrigins(request, response)) {
      service(request, response);
    }
  };
  const hosts = ["localhost", "127.0.0.1"];
  const asking = { requestCert: true, rejectUnauthorized: false, ca: unknown.cert };
  const servers = [
    createHttp1Server(handle),
    createHttp2Server(handle),
    createSecureServer({ ...chain(known, hosts), allowHTTP1: true }, handle),
    createSecureServer({ ...chain(unknown, hosts), allowHTTP1: true, ...asking }, handle),
  ] as const;
  const sockets = new Set<Socket>();
  for (const server of servers as readonly Server[]) {
    keep(server, sockets);
  }
  const [http1, http2, tls, privateTls] = await Promise.all(servers.map(listen));
  return {
    urls: {
      http1: `http://127.0.0.1:${http1}`,
      http2: `http://127.0.0.1:${http2}`,
      tls: `https://localhost:${tls}`,
      privateTls: `https://localhost:${privateTls}`,
    },
    left: (id) =>
      new Promise((resolve) => {
        if (departed.has(id)) {
          resolve();
        } else {
          departures.addEventListener(id, () => resolve(), { once: true });
        }
      }),
    close() {
      for (const server of servers) {
        server.close();
      }
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

// Includes the authority: a browser is told by its key that it may trust the chain.
function chain(authority: Authority, hosts: readonly string[]): Certificate {
  const { key, cert } = authority.issue({ hosts });
  return { key, cert: cert + authority.cert };
}

function keep(server: Server, sockets: Set<Socket>): void {
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

// TLS itself proves that the client has the key; the certificate's subject does not matter here.
function certificateOf(socket: Socket): { certificate?: string } {
  const serial = socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : undefined;
  return serial === undefined ? {} : { certificate: serial };
}
