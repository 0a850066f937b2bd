import { createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { Code } from "@connectrpc/connect";
import { AmeideError, createClient } from "../../src/index.js";
import { createAmeideTransport } from "../../src/node.js";
import { Streams } from "../harness/stream_service.js";
import { serving } from "../harness/serving.js";

// Servers that break HTTP/2, or use it to keep a client busy: no case says what frames hold.

const MEBIBYTE = 1_024 * 1_024;
const DEADLINE_MS = 500;
const MOST_BYTES = 64 * MEBIBYTE;

// Types of frames (RFC 9113, section 6).
const [DATA, HEADERS, SETTINGS, PUSH_PROMISE] = [0, 1, 4, 5] as const;
const [PING, WINDOW_UPDATE, CONTINUATION] = [6, 8, 9] as const;
const END_HEADERS = 4;

function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

// A field without compression (RFC 7541, section 6.2.2).
function field(name: string, value: string): Buffer {
  const length = (text: string) => {
    const rest = [];
    let left = text.length - 127;
    for (; left >= 128; left >>>= 7) {
      rest.push((left & 127) | 128);
    }
    return text.length < 127 ? [text.length] : [127, ...rest, left];
  };
  const [a, b] = [Buffer.from(name), Buffer.from(value)];
  return Buffer.concat([Buffer.of(0, ...length(name)), a, Buffer.of(...length(value)), b]);
}

const OK = Buffer.concat([Buffer.of(0x88), field("content-type", "application/proto")]);
const LARGE = field("x-large", "v".repeat(16_000));
const many = (bytes: Buffer) => Buffer.concat(Array.from({ length: 200 }, () => bytes));

// A server that sends the first part once the request has come, and the second again and again until
// the client has gone.
function flooding(first: readonly Buffer[], again: Buffer | undefined): Promise<string> {
  const server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.write(frame(SETTINGS, 0, 0));
    socket.on("data", (chunk) => {
      // The head of a request; the preface and SETTINGS are shorter.
      if (chunk.length > 100) {
        socket.write(Buffer.concat(first));
        if (again !== undefined) {
          void flood(socket, again);
        }
      }
    });
  });
  return serving(server);
}

async function flood(socket: Socket, again: Buffer): Promise<void> {
  while (!socket.destroyed && socket.writable) {
    if (!socket.write(again)) {
      await new Promise<void>((resolve) => {
        socket.once("drain", resolve);
        socket.once("close", resolve);
      });
    }
    await turn();
  }
}

function clientOf(baseUrl: string) {
  const transport = createAmeideTransport({
    baseUrl,
    allowInsecureLoopback: true,
    httpVersion: "2",
    telemetry: false,
    retry: false,
    timeoutMs: DEADLINE_MS,
  });
  onTestFinished(() => transport.close());
  return createClient(Streams, transport);
}

it.each([
  ["SETTINGS without an end", Code.Unavailable, [], many(frame(SETTINGS, 0, 0))],
  ["PINGs without an end", Code.Unavailable, [], many(frame(PING, 0, 0, new Uint8Array(8)))],
  [
    "WINDOW_UPDATEs without an end",
    Code.DeadlineExceeded,
    [],
    many(frame(WINDOW_UPDATE, 0, 0, Buffer.of(0, 0, 0, 1))),
  ],
  [
    "empty DATA without an end",
    Code.Unavailable,
    [frame(HEADERS, END_HEADERS, 1, OK)],
    many(frame(DATA, 0, 1)),
  ],
  [
    "a head without an end",
    Code.Unavailable,
    [frame(HEADERS, 0, 1, OK)],
    frame(CONTINUATION, 0, 1, LARGE),
  ],
  [
    "empty CONTINUATIONs",
    Code.Unavailable,
    [frame(HEADERS, 0, 1, OK)],
    many(frame(CONTINUATION, 0, 1)),
  ],
  [
    "heads of 1xx without an end",
    Code.Unavailable,
    [],
    many(frame(HEADERS, END_HEADERS, 1, field(":status", "103"))),
  ],
  [
    "CONTINUATION without a head",
    Code.DeadlineExceeded,
    [frame(CONTINUATION, END_HEADERS, 1, OK)],
    undefined,
  ],
  ["DATA before the head", Code.DeadlineExceeded, [frame(DATA, 0, 1, Buffer.of(1))], undefined],
  [
    "DATA of a stream that nobody opened",
    Code.DeadlineExceeded,
    [frame(DATA, 0, 7, Buffer.of(1))],
    undefined,
  ],
  [
    "PING between the parts of a head",
    Code.DeadlineExceeded,
    [frame(HEADERS, 0, 1, OK), frame(PING, 0, 0, new Uint8Array(8))],
    undefined,
  ],
  [
    "a window that grows by nothing",
    Code.Unavailable,
    [frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(4))],
    undefined,
  ],
  ["a PING of 7 bytes", Code.DeadlineExceeded, [frame(PING, 0, 0, new Uint8Array(7))], undefined],
  [
    "SETTINGS of 5 bytes",
    Code.DeadlineExceeded,
    [frame(SETTINGS, 0, 0, new Uint8Array(5))],
    undefined,
  ],
  [
    "a head that is no HPACK",
    Code.DeadlineExceeded,
    [frame(HEADERS, END_HEADERS, 1, Buffer.of(255, 255, 255, 255, 255, 255))],
    undefined,
  ],
  [
    "a promise",
    Code.DeadlineExceeded,
    [frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([Buffer.of(0, 0, 0, 2), OK]))],
    undefined,
  ],
] as const)("%s: an error with a code, in bounds", async (_what, code, first, again) => {
  const client = clientOf(await flooding(first, again));
  const before = bytesHeld();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, bytesHeld() - before)), 20);
  onTestFinished(() => clearInterval(watch));
  const error = await client.echo({}).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AmeideError);
  expect(error).toMatchObject({ code });
  expect(most).toBeLessThan(MOST_BYTES);
});

function bytesHeld(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
