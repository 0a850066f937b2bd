import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { envelope } from "../harness/scripted_stream.js";
import { Streams } from "../harness/stream_service.js";
import { connectWire } from "../../src/connect_wire.js";
import { createClient } from "../../src/index.js";
import { createAmeideTransport } from "../../src/node.js";

const DONE = envelope(0, Uint8Array.of(10, 4, ...Buffer.from("done")));

// A server that ends its answer once it has read some of the request, and does not reset the stream.
async function earlyServer() {
  const open = new Set<http2.ServerHttp2Stream>();
  const server = http2.createServer({ settings: { maxConcurrentStreams: 1 } });
  server.on("stream", (stream, head) => {
    open.add(stream);
    stream.on("close", () => open.delete(stream));
    stream.on("error", () => {});
    stream.once("data", () => {
      const type = head["content-type"] ?? "";
      const isGrpc = type.startsWith("application/grpc");
      stream.resume();
      stream.respond({ ":status": 200, "content-type": type }, { waitForTrailers: isGrpc });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(isGrpc ? DONE : Buffer.concat([DONE, envelope(2, Buffer.from("{}"))]));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, open };
}

async function* waiting() {
  yield { text: "first" };
  await new Promise(() => {});
}

it.each([
  { protocol: "connect" },
  { protocol: "grpc" },
  { protocol: "connect", wire: connectWire },
] as const)("an answer that ends before its request frees the stream: $protocol", async (wire) => {
  const { url, open } = await earlyServer();
  const transport = createAmeideTransport({
    baseUrl: url,
    allowInsecureLoopback: true,
    telemetry: false,
    httpVersion: "2",
    ...wire,
  });
  onTestFinished(() => transport.close());
  const client = createClient(Streams, transport);
  // More calls than connections that it would make for streams that stay open.
  for (let call = 0; call < 15; call++) {
    await expect(client.join(waiting())).resolves.toMatchObject({ text: "done" });
  }
  for await (const { text } of client.talk(waiting())) {
    expect(text).toBe("done");
  }
  await expect.poll(() => open.size).toBe(0);
});
