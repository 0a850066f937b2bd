import type { UniversalClientFn, UniversalClientRequest } from "@connectrpc/connect/protocol";
import type * as http from "node:http";
import type * as https from "node:https";
import { inFlight } from "../wire/recorder.js";
import { NodeExchange } from "./node_exchange.js";
import { readFields, writeFields } from "./node_headers.js";

/** Returns Node's module for an origin. Loading it takes milliseconds, so it waits for a client. */
export function moduleOf(origin: string): typeof http | typeof https {
  return process.getBuiltinModule(origin.startsWith("https:") ? "node:https" : "node:http");
}

/** Creates an HTTP/1.1 client over an agent, which has the connections to one origin. */
export function http1Client(origin: string, agent: http.Agent): UniversalClientFn {
  const { request: open } = moduleOf(origin);
  return (request) =>
    new Promise((resolve, reject) => {
      const { recording } = inFlight;
      const ending = recording === undefined ? request.signal : recording.signal;
      const exchange = new Http1Exchange(
        { header: request.header, body: request.body, ending },
        resolve,
        reject,
      );
      if (!exchange.over) {
        exchange.begin(open(request.url, headOf(request, agent)));
      }
    });
}

function headOf({ header, method }: UniversalClientRequest, agent: http.Agent) {
  return { agent, method, headers: writeFields(header, {}) };
}

class Http1Exchange extends NodeExchange {
  private outgoing: http.ClientRequest | undefined;
  private incoming: http.IncomingMessage | undefined;

  begin(outgoing: http.ClientRequest): void {
    this.outgoing = outgoing;
    // Node.js sends the head with the first byte of the body, which for a stream may come much later.
    if (this.streams) {
      outgoing.flushHeaders();
    }
    // Also after the exchange is over: an error that nobody listens to would end the process.
    outgoing.on("error", (reason) => this.fail(reason));
    outgoing.on("socket", (socket) => {
      const connected = () => {
        socket.off("connect", connected);
        this.send(outgoing).catch((reason: unknown) => this.fail(reason));
      };
      if (socket.readyState === "open") {
        connected();
      } else {
        socket.on("connect", connected);
      }
    });
    outgoing.on("response", (incoming) => this.hear(incoming));
  }

  private hear(incoming: http.IncomingMessage): void {
    this.incoming = incoming;
    incoming.on("error", (reason) => this.fail(reason));
    if (this.over) {
      incoming.destroy();
      return;
    }
    this.respond(incoming.statusCode ?? 0, incoming.headers);
    this.readFrom(incoming);
  }

  protected atEnd(): void {
    readFields(this.incoming?.trailers ?? {}, this.trailer);
  }

  protected reset(): void {
    const { error } = this;
    this.outgoing?.destroy(error);
    this.incoming?.destroy(error);
  }
}
