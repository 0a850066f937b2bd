import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

// What Node's types leave out: how a request gets its socket.
type AddRequest = (this: Agent, request: ClientRequest, ...rest: unknown[]) => void;

/**
 * Fails requests that are answered by another protocol (101), which nobody has
 * asked for: Node closes the connection then, but the request waits for ever.
 */
export function refuseUpgrades<A extends Agent>(agent: A): A {
  const own = agent as A & { addRequest?: AddRequest };
  const { addRequest } = own;
  if (addRequest !== undefined) {
    own.addRequest = (request, ...rest) => {
      request.on("upgrade", fail);
      addRequest.call(agent, request, ...rest);
    };
  }
  return agent;
}

function fail(this: ClientRequest, _answer: IncomingMessage, socket: Duplex): void {
  socket.destroy();
  this.emit("error", new Error("the server switched to another protocol"));
}
