import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { once } from "node:events";
import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import {
  GenerateRequestSchema,
  GenerateResponseSchema,
} from "@ameideio/core-proto/ameide/inference/v1";
import {
  RecordUsageRequestSchema,
  RecordUsageResponseSchema,
} from "@ameideio/core-proto/ameide/meter/v1";
import { frame, frameReader } from "./frames.js";
import { echoOfPrompt, echoOfUsage } from "./messages.js";
import type { Addresses } from "./peer.js";
import { GENERATE, RECORD_USAGE } from "./peers/methods.js";

/** What the server answers. */
export interface Answers {
  readonly recordUsage: typeof echoOfUsage;
  readonly generate: typeof echoOfPrompt;
}

const ECHO: Answers = { recordUsage: echoOfUsage, generate: echoOfPrompt };
const CONNECT_END = frame(Buffer.from("{}"), 2);

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** A server, and what ends it with its connections. */
export interface EchoServer {
  readonly addresses: Addresses;
  close(): void;
}

/**
 * Serves Connect and gRPC on loopback, over HTTP/1.1 and over HTTP/2 in cleartext. Written by hand,
 * so that clients wait for it as little as can be: Connect's own server takes more time for a call
 * than most clients.
 *
 * @param answers - Default what it was asked.
 * @param see - Is shown every request.
 */
export async function serveEcho(
  answers: Partial<Answers> = {},
  see?: (request: Request) => void,
): Promise<EchoServer> {
  const all = { ...ECHO, ...answers };
  const handle = (request: Request, response: Response) => {
    see?.(request);
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => {
        // Whoever sends what cannot be read is told nothing, and named by its own check.
        answer(all, request, Buffer.concat(chunks), response).catch(() => response.end());
      });
  };
  // Connections are kept while it is the turn of others: their end would be the next call's error.
  const http1 = createHttp1({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, handle);
  const servers = [http1, createHttp2(handle)] as const;
  const sockets = new Set<Socket>();
  for (const server of servers) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
  }
  return {
    addresses: { "1.1": await listen(servers[0]), "2": await listen(servers[1]) },
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

async function answer(
  answers: Answers,
  { url, headers }: Request,
  body: Buffer,
  response: Response,
): Promise<void> {
  const type = headers["content-type"] ?? "";
  const isGrpc = type.startsWith("application/grpc");
  const isFramed = isGrpc || type.startsWith("application/connect+");
  response.setHeader("content-type", type);
  const message = isFramed ? unframed(body) : body;
  if (url === RECORD_USAGE.path) {
    const recorded = answers.recordUsage(fromBinary(RecordUsageRequestSchema, message));
    const bytes = toBinary(RecordUsageResponseSchema, recorded);
    write(response, isFramed ? frame(bytes) : bytes);
  } else if (url === GENERATE.path) {
    for (const generated of answers.generate(fromBinary(GenerateRequestSchema, message))) {
      if (!write(response, frame(toBinary(GenerateResponseSchema, generated)))) {
        await once(response, "drain");
      }
    }
    if (!isGrpc) {
      write(response, CONNECT_END);
    }
  } else {
    response.statusCode = 404;
  }
  if (isGrpc) {
    response.addTrailers({ "grpc-status": "0" });
  }
  response.end();
}

function unframed(body: Buffer): Buffer {
  let found = body;
  frameReader((_, message) => (found = message))(body);
  return found;
}

// Both kinds of response have the same method, but its overloads are not of one type.
function write(response: Response, bytes: Uint8Array): boolean {
  return (response as ServerResponse).write(bytes);
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}
