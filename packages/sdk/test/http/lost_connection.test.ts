import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { Code } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { createClient } from "../../src/index.js";
import { createAmeideTransport } from "../../src/node.js";
import { Streams } from "../harness/stream_service.js";

/** A server that ends its connections, without a word, in a call whose text is "end". */
async function endingServer(httpVersion: "1.1" | "2"): Promise<string> {
  const sockets = new Set<Socket>();
  const end = () => {
    sockets.forEach((socket) => socket.destroy());
    return new Promise<never>(() => {});
  };
  const listener = connectNodeAdapter({
    routes: (router) =>
      router.service(Streams, {
        echo: ({ text }) => (text === "end" ? end() : { text }),
        async *count() {
          yield { text: "1" };
          // The client has read it by then.
          await new Promise((later) => setTimeout(later, 50));
          await end();
        },
      }),
  });
  const server = httpVersion === "2" ? http2.createServer(listener) : http.createServer(listener);
  server.on("connection", (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each(["1.1", "2"] as const)(
  "a connection that ends while calls are under way is told so, over HTTP/%s",
  async (httpVersion) => {
    const transport = createAmeideTransport({
      baseUrl: await endingServer(httpVersion),
      allowInsecureLoopback: true,
      telemetry: false,
      httpVersion,
      retry: false,
    });
    onTestFinished(() => transport.close());
    const client = createClient(Streams, transport);
    const told = {
      code: Code.Unavailable,
      attempts: [{ sent: "maybe" }],
      rawMessage: expect.stringMatching(
        /^the connection ended while the call was under way/,
      ) as string,
    };
    await client.echo({ text: "" });
    await expect(client.echo({ text: "end" })).rejects.toMatchObject(told);
    const read = async () => {
      for await (const { text } of client.count({ text: "" })) {
        expect(text).toBe("1");
      }
    };
    await expect(read()).rejects.toMatchObject({ ...told, committed: true });
  },
);
