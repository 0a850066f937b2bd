import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { DescMethod } from "@bufbuild/protobuf";
import type { Declared, DeclaredMethod } from "./declared.js";

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
 *
 * @param declared - Its methods as types declare them. Those that they do not declare are called, too.
 */
export async function recordCalls(make: Make, declared: Declared): Promise<Recorded> {
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
      await call(send, declared.get(service)?.get(method));
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

async function call(send: Send, declared: DeclaredMethod | undefined): Promise<void> {
  const streams = declared?.kind === "client_streaming" || declared?.kind === "bidi_streaming";
  try {
    const answer = send(streams ? nothing() : {});
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

async function* nothing(): AsyncGenerator<never> {}
