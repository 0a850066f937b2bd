import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { envelope } from "./harness/scripted_stream.js";
import { Streams } from "./harness/stream_service.js";
import { AmeideError, type AmeideOptions, createClient } from "../src/index.js";
import { createAmeideTransport as createNodeTransport } from "../src/node.js";
import { createAmeideTransport as createWebTransport } from "../src/web.js";

type Answer = http.ServerResponse | http2.Http2ServerResponse;
type Place = "node, HTTP/1.1" | "node, HTTP/2" | "web";

const PLACES: Place[] = ["node, HTTP/1.1", "node, HTTP/2", "web"];
const MEBIBYTE = 1024 * 1024;

// A server that answers every request so, and a client of it.
async function answering(
  place: Place,
  answer: (response: Answer) => void,
  options?: AmeideOptions,
) {
  const server =
    place === "node, HTTP/2"
      ? http2.createServer((_, response) => answer(response))
      : http.createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const create = place === "web" ? createWebTransport : createNodeTransport;
  const transport = create({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    allowInsecureLoopback: true,
    ...(place === "node, HTTP/2" && { httpVersion: "2" }),
    ...options,
  });
  onTestFinished(async () => {
    transport.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return createClient(Streams, transport);
}

// Writes as fast as it may, until there is no one any more. Tells how much it wrote.
function flood(response: Answer, bytes: Uint8Array): { written: number; over: Promise<void> } {
  const seen = {
    written: 0,
    over: new Promise<void>((resolve) => {
      response.on("close", resolve);
      response.on("error", () => {});
    }),
  };
  const write = () => {
    do {
      seen.written += bytes.length;
    } while ((response as http.ServerResponse).write(bytes));
  };
  response.on("drain", write);
  write();
  return seen;
}

describe.each(PLACES)("%s", (place) => {
  it.each([
    ["an error", 503, "application/json"],
    ["an answer", 200, "application/proto"],
  ])("%s without an end is read up to readMaxBytes", async (_what, status, type) => {
    let seen: ReturnType<typeof flood> | undefined;
    const client = await answering(place, (response) => {
      response.writeHead(status, { "content-type": type });
      seen = flood(response, new Uint8Array(65_536).fill(0x20));
    });
    const error = await client.echo({}).catch((thrown: unknown) => AmeideError.from(thrown));
    expect(error).toMatchObject({ code: 8, origin: "client", stopReason: "not_retryable" });
    await seen?.over;
    // Beside what is under way in sockets.
    expect(seen?.written).toBeLessThan(20 * MEBIBYTE);
  });

  it("a stream is not read ahead of its reader", async () => {
    let seen: ReturnType<typeof flood> | undefined;
    const client = await answering(place, (response) => {
      response.writeHead(200, { "content-type": "application/connect+proto" });
      seen = flood(response, envelope(0, Uint8Array.of(10, 0)));
    });
    const reader = client.count({})[Symbol.asyncIterator]();
    await reader.next();
    await expect.poll(() => isSteady(() => seen?.written), { timeout: 10_000 }).toBe(true);
    expect(seen?.written).toBeLessThan(20 * MEBIBYTE);
    await reader.return?.();
    await seen?.over;
  });
});

async function isSteady(value: () => number | undefined): Promise<boolean> {
  const before = value();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return value() === before;
}

it.each(["node, HTTP/1.1", "web"] as const)(
  "%s: an answer with too large a head is over a limit of the client's",
  async (place) => {
    let requests = 0;
    const client = await answering(place, (response) => {
      requests++;
      (response as http.ServerResponse).setHeader("x-long", "v".repeat(100_000)).end();
    });
    const error = await client.echo({}).catch((thrown: unknown) => AmeideError.from(thrown));
    expect(error).toMatchObject({ code: 8, origin: "client", stopReason: "not_retryable" });
    expect(requests).toBe(1);
  },
);
