import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import { createClient } from "@connectrpc/connect";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, it, onTestFinished } from "vitest";
import type { AmeideOptions } from "../../src/index.js";
import { createAmeideTransport } from "../../src/node.js";

async function failureAt(server: net.Server, options: AmeideOptions = {}): Promise<unknown> {
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  const transport = createAmeideTransport({
    baseUrl: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    allowInsecureLoopback: true,
    tenant: "acme",
    telemetry: false,
    ...options,
  });
  onTestFinished(() => {
    transport.close();
    server.close();
  });
  return createClient(ThreadsService, transport)
    .listThreads({ pageSize: 1 })
    .catch((error: unknown) => error);
}

it("a server of HTTP/2 alone is told, and called once", async () => {
  const failure = await failureAt(http2.createServer());
  expect(failure).toMatchObject({
    rawMessage: expect.stringContaining('does not speak HTTP/1.1; take httpVersion: "2"') as string,
    retryable: false,
    attempts: [{ sent: "no" }],
  });
  expect(String(failure)).not.toMatch(/TLS|SSL/);
});

it("a server of HTTP/1.1 alone is told to gRPC, with no alert of TLS", async () => {
  const failure = await failureAt(http.createServer(), { protocol: "grpc" });
  expect(failure).toMatchObject({
    rawMessage: expect.stringContaining("does not speak HTTP/2, which gRPC needs") as string,
    retryable: false,
    attempts: [{ sent: "no" }],
  });
  expect(String(failure)).not.toContain("SSL");
});

it("a server that hangs up may speak TLS, or HTTP/2 alone", async () => {
  const failure = await failureAt(
    net.createServer((socket) => void socket.once("data", () => socket.destroy())),
  );
  expect(String(failure)).toContain(
    'the server may speak TLS (use https) or only HTTP/2 (httpVersion: "2")',
  );
});
