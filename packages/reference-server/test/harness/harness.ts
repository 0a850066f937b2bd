import type { ConnectionOptions } from "node:tls";
import type { DescService } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Client, type Interceptor } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  type ConnectTransportOptions,
  type GrpcTransportOptions,
} from "@connectrpc/connect-node";
import { TokenService } from "@ameideio/core-proto/ameide/identity/v1";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
} from "@ameideio/core-proto/google/rpc";
import { onTestFinished } from "vitest";
import { startReferenceServer, type ReferenceServerOptions } from "../../src/index.js";

/** Headers of a client, and how it speaks. */
export interface Connection {
  tenant?: string | null;
  token?: string;
  headers?: Record<string, string>;
  protocol?: "connect" | "grpc" | "grpc-web";
  httpVersion?: "1.1" | "2";
  useBinaryFormat?: boolean;
  useHttpGet?: boolean;
  /** Of TLS. */
  nodeOptions?: ConnectionOptions;
}

type Connect = <S extends DescService>(service: S, connection?: Connection) => Client<S>;

/** Every protocol over every version of HTTP. */
export const WIRES = (["connect", "grpc", "grpc-web"] as const).flatMap((protocol) =>
  (["1.1", "2"] as const).map((httpVersion) => ({ protocol, httpVersion })),
);

const CREATE = {
  connect: createConnectTransport,
  grpc: createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
};

/** Starts a server that is closed when the test ends, with a function that connects clients. */
export async function start(options: ReferenceServerOptions = {}) {
  const server = await startReferenceServer(options);
  onTestFinished(() => server.close());
  return {
    server,
    client: <S extends DescService>(service: S, connection: Connection = {}): Client<S> =>
      createClient(service, transport(server.url, connection)),
  };
}

/** Issues a token of an agent to the caller whose token is given. It names no person. */
export async function agentTokenOf(client: Connect, token: string): Promise<string> {
  const tokens = client(TokenService, { tenant: null, token });
  return (await tokens.issueAgentToken({ agentType: "helper", runId: "r1" })).token;
}

/** Connects to a server. The tenant is `acme` unless another, or null, is given. */
export function transport(baseUrl: string, connection: Connection) {
  const { tenant = "acme", token, headers, protocol = "connect", ...options } = connection;
  const interceptor: Interceptor = (next) => (req) => {
    if (tenant !== null) {
      req.header.set("x-tenant-id", tenant);
    }
    if (token !== undefined) {
      req.header.set("authorization", `Bearer ${token}`);
    }
    for (const [name, value] of Object.entries(headers ?? {})) {
      req.header.set(name, value);
    }
    return next(req);
  };
  const all = { baseUrl, httpVersion: "1.1", interceptors: [interceptor], ...options };
  return CREATE[protocol](all as ConnectTransportOptions & GrpcTransportOptions);
}

/** The error a call ends with, flattened. */
export async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) {
    throw error;
  }
  const [info] = error.findDetails(ErrorInfoSchema);
  return {
    code: error.code,
    message: error.rawMessage,
    reason: info?.reason,
    domain: info?.domain,
    metadata: info?.metadata,
    requestId: error.findDetails(RequestInfoSchema)[0]?.requestId,
    fields: error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field)),
    fieldReasons: error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations.map(({ reason }) => reason)),
    headers: error.metadata,
  };
}

/** Processor time that this process, the server in it, spends on a call, in microseconds. */
export async function workOf(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await call();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** All events of a stream, once it has ended. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const event of stream) {
    seen.push(event);
  }
  return seen;
}

/** The events of a stream one by one, and then those that are left. Fails where it ends early. */
export function events<T>(stream: AsyncIterable<T>) {
  const iterator = stream[Symbol.asyncIterator]();
  return {
    async next(): Promise<T> {
      const { done, value } = await iterator.next();
      if (done) {
        throw new Error("the stream ended");
      }
      return value;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
}
