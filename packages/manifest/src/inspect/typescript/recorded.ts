import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { DescMethod } from "@bufbuild/protobuf";

/** A client of all services. */
export type AllServices = Readonly<Record<string, unknown>> & { close(): void };

/** Makes a client of all services with options. */
export type Make = (options: {
  readonly baseUrl: string;
  readonly allowInsecureLoopback: boolean;
  readonly protocol: "grpc";
  readonly tenant: string;
  readonly interceptors: readonly Interceptor[];
}) => AllServices;

/** What calls of the methods of each service ask for, by their names; undefined where nothing is. */
export type Recorded = ReadonlyMap<string, ReadonlyMap<string, DescMethod | undefined>>;

type Send = (request: unknown) => unknown;

/**
 * Calls every method of every service of a client, with an empty request, and records what the calls
 * ask for. Nothing is sent.
 */
export async function recordCalls(make: Make): Promise<Recorded> {
  let last: DescMethod | undefined;
  const record: Interceptor = () => (request) => {
    last = request.method;
    throw new ConnectError("recorded, not sent", Code.Unimplemented);
  };
  const client = make({
    baseUrl: "http://127.0.0.1:9",
    allowInsecureLoopback: true,
    // Connect has no bidirectional streams over HTTP/1.1.
    protocol: "grpc",
    tenant: "inspector",
    interceptors: [record],
  });
  const recorded = new Map<string, ReadonlyMap<string, DescMethod | undefined>>();
  for (const [service, methods] of servicesOf(client)) {
    const asked = new Map<string, DescMethod | undefined>();
    for (const [method, send] of methods) {
      last = undefined;
      await call(send);
      asked.set(method, last);
    }
    recorded.set(service, asked);
  }
  client.close();
  return recorded;
}

// Its own members that are objects; `transport` is the one below, for services beyond the roster.
function* servicesOf(client: AllServices): Iterable<[service: string, methods: [string, Send][]]> {
  for (const [name, member] of Object.entries(client)) {
    if (typeof member === "object" && member !== null && name !== "transport") {
      yield [name, Object.entries(member).filter(isMethod)];
    }
  }
}

function isMethod(entry: [string, unknown]): entry is [string, Send] {
  return typeof entry[1] === "function";
}

async function call(send: Send): Promise<void> {
  try {
    const answer = send(EMPTY);
    if (typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer) {
      const messages = answer as AsyncIterable<unknown>;
      await messages[Symbol.asyncIterator]().next();
    } else {
      await answer;
    }
  } catch {
    // It is not sent, so it fails; what it asked for has been recorded, or was nothing.
  }
}

/** An empty request, and an empty stream of requests: which one is asked for, a call does not tell. */
const EMPTY = { async *[Symbol.asyncIterator](): AsyncGenerator<never> {} };
