import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { createClient as createConnectClient } from "@connectrpc/connect";
import { streamServer } from "./harness/stream_server.js";
import { Streams } from "./harness/stream_service.js";
import { type AmeideOptions, createClient, type Protocol } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";
import { createAmeideTransport as createWebTransport } from "../src/web.js";

const WIRES = (["connect", "grpc", "grpc-web"] as const).flatMap((protocol) =>
  (["1.1", "2"] as const)
    .filter((httpVersion) => protocol !== "grpc" || httpVersion === "2")
    .flatMap((httpVersion) =>
      (["binary", "json"] as const).map((format) => ({ protocol, httpVersion, format })),
    ),
);

function options(url: string, more: AmeideOptions): AmeideOptions {
  return { baseUrl: url, allowInsecureLoopback: true, telemetry: false, ...more };
}

async function* texts(...values: readonly string[]): AsyncGenerator<{ text: string }> {
  for (const text of values) {
    yield { text };
  }
}

async function all(messages: AsyncIterable<{ text: string }>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { text } of messages) {
    seen.push(text);
  }
  return seen;
}

it.each(WIRES)("every kind of call over $protocol, HTTP/$httpVersion, $format", async (wire) => {
  const { url, seen } = await streamServer(wire.httpVersion);
  const transport = createAmeideTransport(options(url, { ...wire, tenant: "acme" }));
  const client = createClient(Streams, transport);

  expect((await client.echo({ text: "hello" })).text).toBe("hello");
  let head: string | null = null;
  let tail: string | null = null;
  const counted = client.count(
    { text: "3" },
    {
      onHeader: (header) => void (head = header.get("x-head")),
      onTrailer: (trailer) => void (tail = trailer.get("x-tail")),
    },
  );
  expect(await all(counted)).toEqual(["1", "2", "3"]);
  expect([head, tail]).toEqual(["h", "t"]);
  expect((await client.join(texts("a", "b", "c"))).text).toBe("a,b,c");
  // Both sides of HTTP/1.1 cannot speak at once.
  const talk = await all(client.talk(texts("a", "b"))).catch((reason: unknown) => reason);
  expect(talk).toMatchObject(
    wire.httpVersion === "2" ? ["a!", "b!"] : { origin: "client", reason: "STREAMING_UNSUPPORTED" },
  );

  const tenants = seen.calls.map((headers) => headers.get("x-tenant-id"));
  expect(new Set(tenants)).toEqual(new Set(["acme"]));
  const timeout = wire.protocol === "connect" ? "connect-timeout-ms" : "grpc-timeout";
  const timed = seen.calls.map((headers) => headers.has(timeout));
  expect(timed.slice(0, 3)).toEqual([true, false, false]);
  transport.close();
});

it.each(["gzip", "br"] as const)("messages of any length are compressed by %s", async (name) => {
  const { url, seen } = await streamServer("1.1");
  const compression = { send: name, accept: name, minBytes: 0 };
  const transport = createAmeideTransport(options(url, { compression }));
  const client = createClient(Streams, transport);
  expect((await client.echo({ text: "a" })).text).toBe("a");
  expect(await all(client.count({ text: "2" }))).toEqual(["1", "2"]);
  expect(seen.calls[0]?.get("content-encoding")).toBe(name);
  expect(seen.calls[1]?.get("connect-content-encoding")).toBe(name);
  transport.close();
});

it.each(["connect", "grpc-web"] as const)("/web speaks %s", async (protocol) => {
  const { url, seen } = await streamServer("1.1");
  const transport = createWebTransport(options(url, { protocol, clientHeader: true }));
  const client = createClient(Streams, transport);
  expect((await client.echo({ text: "hello" })).text).toBe("hello");
  expect(await all(client.count({ text: "2" }))).toEqual(["1", "2"]);
  await expect(client.join(texts("a"))).rejects.toMatchObject({
    origin: "client",
    reason: "STREAMING_UNSUPPORTED",
  });
  for await (const { text } of client.count({ text: "1 stall" })) {
    expect(text).toBe("1");
    break;
  }
  await expect.poll(() => seen.aborted).toBe(1);
  expect(seen.calls[0]?.get("x-user-agent")).toMatch(/^ameide-sdk-ts\//);
  transport.close();
});

it("/web refuses what fetch cannot do", () => {
  for (const [option, value] of [
    ["protocol", "grpc" satisfies Protocol],
    ["httpVersion", "2"],
    ["tls", {}],
    ["compression", { accept: "gzip" }],
    ["maxConnections", 2],
  ] as const) {
    expect(() => createWebTransport(options("http://127.0.0.1:1", { [option]: value }))).toThrow(
      expect.objectContaining({ fieldViolations: [expect.objectContaining({ field: option })] }),
    );
  }
});

it("Connect's own client: a stream that is left ends when nobody can read it", async () => {
  const { url, seen } = await streamServer("2");
  const transport = createAmeideTransport(options(url, { httpVersion: "2" }));
  const client = createConnectClient(Streams, transport);
  await (async () => {
    for await (const { text } of client.count({ text: "1 stall" })) {
      expect(text).toBe("1");
      break;
    }
  })();
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  await expect
    .poll(() => {
      gc();
      return seen.aborted;
    })
    .toBe(1);
  transport.close();
});
