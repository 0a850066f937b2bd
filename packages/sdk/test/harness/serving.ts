import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Starts a server on loopback that ends with the test, with its sockets; returns its address. */
export async function serving(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((listens) => void server.listen(0, "127.0.0.1", listens));
  onTestFinished(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
