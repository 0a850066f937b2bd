import * as http from "node:http";
import * as https from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy that opens tunnels, closed when the test ends. */
export interface ProxyServer {
  readonly url: string;
  /** What it was asked for: `CONNECT host:port`, and its credential. */
  readonly asked: { readonly to: string; readonly authorization: string | undefined }[];
}

/**
 * Starts a proxy.
 *
 * @param answer - What it says instead of opening a tunnel.
 * @param before - What it says before that it opens one.
 */
export async function proxyServer({
  answer,
  before = "",
  tls,
}: {
  answer?: string;
  before?: string;
  tls?: { key: string; cert: string };
} = {}): Promise<ProxyServer> {
  const server = tls === undefined ? http.createServer() : https.createServer(tls);
  const sockets = new Set<Socket>();
  const asked: ProxyServer["asked"] = [];
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.on("connect", (request, client: Socket) => {
    asked.push({
      to: `${request.method} ${request.url}`,
      authorization: request.headers["proxy-authorization"],
    });
    client.on("error", () => {});
    if (answer !== undefined) {
      client.write(answer);
      return;
    }
    const [, host = "", port] = /^(.*):(\d+)$/.exec(request.url ?? "") ?? [];
    const upstream = connect(Number(port), host.replace(/^\[(.*)\]$/, "$1"), () => {
      client.write(`${before}HTTP/1.1 200 Connection established\r\n\r\n`);
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`, asked };
}
