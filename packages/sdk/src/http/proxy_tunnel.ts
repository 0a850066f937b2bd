import type { Socket } from "node:net";
import type { Proxy } from "./proxy.js";

const MOST_BYTES = 16 * 1_024;
const MOST_INTERIM = 10;
const HEAD_END = "\r\n\r\n";

/**
 * Asks a proxy for a tunnel to a host (CONNECT, RFC 9110, section 9.3.6), including for plain http:
 * the bytes in it stay between client and server.
 *
 * @param to - Host and port.
 */
export function openTunnel(socket: Socket, proxy: Proxy, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    let bytes = 0;
    let interim = 0;
    const settle = (then: () => void) => {
      socket.off("readable", read);
      socket.off("close", closed);
      socket.off("error", failed);
      then();
    };
    const fail = (reason: Error) => settle(() => reject(reason));
    const failed = (reason: Error) => fail(reason);
    const closed = () => fail(new Error(`the proxy ${shown(proxy)} closed the connection`));
    const read = () => {
      for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null) !== null;) {
        let from = Math.max(0, head.length - HEAD_END.length);
        bytes += chunk.length;
        head = Buffer.concat([head, chunk]);
        for (let end; (end = head.indexOf(HEAD_END, from, "latin1")) >= 0; from = 0) {
          // Interim answers may precede any answer (RFC 9110, section 15.2).
          if (isInterim(head.toString("latin1", 0, end)) && interim++ < MOST_INTERIM) {
            head = head.subarray(end + HEAD_END.length);
            continue;
          }
          const rest = head.subarray(end + HEAD_END.length);
          const problem = problemOf(head.toString("latin1", 0, end), proxy);
          settle(() => {
            if (problem === undefined) {
              if (rest.length > 0) {
                socket.unshift(rest);
              }
              resolve();
            } else {
              reject(problem);
            }
          });
          return;
        }
        if (bytes > MOST_BYTES) {
          fail(new Error(`the proxy ${shown(proxy)} did not answer in HTTP`));
          return;
        }
      }
    };
    socket.on("readable", read);
    socket.once("close", closed);
    socket.once("error", failed);
    const { authorization } = proxy;
    const lines = [`CONNECT ${to} HTTP/1.1`, `host: ${to}`];
    if (authorization !== undefined) {
      lines.push(`proxy-authorization: ${authorization}`);
    }
    socket.write(lines.join("\r\n") + HEAD_END);
  });
}

function isInterim(head: string): boolean {
  return /^HTTP\/1\.[01] 1(?!01)\d\d(?: |\r|$)/.test(head);
}

// The proxy's words besides the status are left out: it may repeat what it was sent.
function problemOf(head: string, proxy: Proxy): Error | undefined {
  const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head) ?? [];
  if (status === undefined) {
    return new Error(`the proxy ${shown(proxy)} did not answer in HTTP`);
  }
  if (status.startsWith("2")) {
    return undefined;
  }
  const text = `the proxy ${shown(proxy)} answered ${status}`;
  const meaning = status === "407" ? ": it wants a user and password, or others" : "";
  // Neither is a transient failure.
  const code = status === "407" || status === "403" ? "ERR_PROXY_REFUSED" : "ERR_PROXY_TUNNEL";
  return Object.assign(new Error(text + meaning), { code });
}

/** Formats host and port of a proxy. */
export function shown({ host, port }: Proxy): string {
  return `${host}:${port}`;
}
