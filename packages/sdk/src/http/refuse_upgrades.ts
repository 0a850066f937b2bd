import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { countInterimHead } from "./interim_heads.js";

// Part that Node's types leave out: how a request gets its socket.
type AddRequest = (this: Agent, request: ClientRequest, ...rest: unknown[]) => void;

/**
 * Fails requests that are answered by another protocol (101) without having asked for it: Node
 * closes the connection then, but the request waits forever. The same happens if only interim heads
 * (1xx) come, and no answer.
 */
export function refuseUpgrades<A extends Agent>(agent: A): A {
  const own = agent as A & { addRequest?: AddRequest };
  const { addRequest } = own;
  if (addRequest !== undefined) {
    own.addRequest = (request, ...rest) => {
      request.on("upgrade", fail);
      request.on("response", failIfInterim);
      request.on("information", failIfMany);
      addRequest.call(agent, request, ...rest);
    };
  }
  return agent;
}

// A 101 that names no protocol, or a number that is not a status, is not an answer.
function failIfInterim(this: ClientRequest, answer: IncomingMessage): void {
  if ((answer.statusCode ?? 0) < 200) {
    fail.call(this, answer, answer.socket);
  }
}

function failIfMany(this: ClientRequest): void {
  const tooMany = countInterimHead(this);
  if (tooMany !== undefined) {
    this.destroy(tooMany);
  }
}

function fail(this: ClientRequest, _answer: IncomingMessage, socket: Duplex): void {
  socket.destroy();
  this.emit("error", new Error("the server switched to another protocol"));
}
