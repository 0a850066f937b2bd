import { describe, expect, it } from "vitest";
import { create, toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { StatusSchema } from "@ameideio/core-proto/google/rpc";
import {
  answered,
  bytesOf,
  drain,
  envelopes,
  type RawAnswer,
  textMessage,
} from "./harness/raw_answer.js";
import { type AmeideOptions, call, paginate } from "../src/index.js";

type Work = (n: number) => Promise<unknown>;

// How many times as long four times as much takes: four times, or sixteen where time
// grows with the square. Processor time, the least of several runs, and measured
// again where it seems too long: others are at work, and garbage is collected.
async function growth(n: number, work: Work): Promise<number> {
  await work(n);
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && least >= LINEAR; tries++) {
    const ms = { once: Number.POSITIVE_INFINITY, fourTimes: Number.POSITIVE_INFINITY };
    for (let run = 0; run < 4; run++) {
      ms.once = Math.min(ms.once, await processorMs(() => work(n)));
      ms.fourTimes = Math.min(ms.fourTimes, await processorMs(() => work(4 * n)));
    }
    least = Math.min(least, ms.fourTimes / Math.max(ms.once, 1));
  }
  return least;
}

const LINEAR = 8;

async function processorMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const stream = { type: "application/connect+proto" };
const json = { status: 503, type: "application/json" };
const grpcWeb: AmeideOptions = { protocol: "grpc-web" };
const END = 2;

function reads(
  kind: "echo" | "count",
  answer: (n: number) => RawAnswer,
  options: AmeideOptions = {},
): Work {
  return async (n) => {
    const { client } = answered(answer(n), { retry: false, ...options });
    await (kind === "echo" ? client.echo({}) : drain(client.count({}))).catch(() => {});
  };
}

const repeated = (n: number, text: string) =>
  Uint8Array.from({ length: n }, (_, i) => text.charCodeAt(i % text.length));
const ofType = (name: string, value: Uint8Array) => ({
  type: `google.rpc.${name}`,
  value: base64Encode(value, "std_raw"),
});
const failing = (details: readonly object[]) => ({
  ...json,
  body: bytesOf({ code: "unavailable", details }),
});
// Field 1 as a number, and an empty message as field 1 and 3.
const NUMBER = "\u0008\u0001";
const EMPTY = "\u000a\u0000";
const EMPTY_PAIR = "\u001a\u0000";

describe("what a server sends is read in time that grows with its size", () => {
  it.each<[string, number, Work]>([
    [
      "a message in chunks of one byte",
      50_000,
      reads("echo", (n) => ({ type: "application/proto", body: textMessage(n), chunkBytes: 1 })),
    ],
    [
      "a message of a stream in chunks of one byte",
      50_000,
      reads("count", (n) => ({
        ...stream,
        body: envelopes([0, textMessage(n)], [END, bytesOf({})]),
        chunkBytes: 1,
      })),
    ],
    [
      "the end of a stream in chunks of one byte",
      50_000,
      reads("count", (n) => ({
        ...stream,
        body: envelopes([END, bytesOf({ metadata: { a: ["v".repeat(n)] } })]),
        chunkBytes: 1,
      })),
    ],
    [
      "an error in chunks of one byte",
      50_000,
      reads("echo", (n) => ({
        ...json,
        body: bytesOf({ code: "aborted", message: "m".repeat(n) }),
        chunkBytes: 1,
      })),
    ],
    [
      "fields of a detail",
      7_500,
      reads("echo", (n) => failing([ofType("ErrorInfo", repeated(2 * n, NUMBER))])),
    ],
    [
      "entries of a map in a detail",
      7_500,
      reads("echo", (n) => failing([ofType("ErrorInfo", repeated(2 * n, EMPTY_PAIR))])),
    ],
    [
      "violations in a detail",
      7_500,
      reads("echo", (n) => failing([ofType("BadRequest", repeated(2 * n, EMPTY))])),
    ],
    [
      "details that cannot be read",
      5_000,
      reads("echo", (n) => failing(Array(n).fill(ofType("ErrorInfo", Uint8Array.of(0xff))))),
    ],
    [
      "a status of gRPC",
      7_500,
      reads(
        "echo",
        (n) => {
          const typeUrl = "type.googleapis.com/google.rpc.BadRequest";
          const status = { code: 3, details: [{ typeUrl, value: repeated(2 * n, EMPTY) }] };
          const bin = base64Encode(toBinary(StatusSchema, create(StatusSchema, status)));
          const body = bytesOf(`grpc-status: 3\r\ngrpc-status-details-bin: ${bin}\r\n`);
          return { type: "application/grpc-web+proto", body: envelopes([0x80, body]) };
        },
        grpcWeb,
      ),
    ],
    [
      "trailers in a body",
      5_000,
      reads(
        "echo",
        (n) => {
          const names = Array.from({ length: n }, (_, i) => `k${i}: v\r\n`);
          const body = bytesOf(`grpc-status: 3\r\n${names.join("")}`);
          return { type: "application/grpc-web+proto", body: envelopes([0x80, body]) };
        },
        grpcWeb,
      ),
    ],
    [
      "trailers in the body of a good answer",
      25_000,
      reads(
        "echo",
        (n) => {
          const names = Array.from({ length: n }, (_, i) => `k${i}: v\r\nk: v\r\n`);
          const body = bytesOf(`grpc-status: 0\r\n${names.join("")}`);
          return {
            type: "application/grpc-web+proto",
            body: envelopes([0, textMessage(3)], [0x80, body]),
          };
        },
        grpcWeb,
      ),
    ],
    [
      "metadata of the end of a stream",
      5_000,
      reads("count", (n) => {
        const metadata = Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, ["v"]]));
        return {
          ...stream,
          body: envelopes([END, bytesOf({ metadata, error: { code: "aborted" } })]),
        };
      }),
    ],
    [
      "messages of a stream",
      5_000,
      reads("count", (n) => ({
        ...stream,
        body: envelopes(
          ...Array.from({ length: n }, (): [number, Uint8Array] => [0, textMessage(3)]),
        ),
      })),
    ],
    [
      "digits of a wait",
      250_000,
      reads("echo", (n) => ({ ...failing([]), headers: { "retry-after": "9".repeat(n) } })),
    ],
    [
      "a date of a wait",
      250_000,
      reads("echo", (n) => ({ ...failing([]), headers: { "retry-after": "Thu, (".repeat(n) } })),
    ],
    [
      "nesting of an error",
      50_000,
      reads("echo", (n) => {
        const deep = `${"[".repeat(n)}${"]".repeat(n)}`;
        return { ...json, body: bytesOf(`{"code":"aborted","details":[{"debug":${deep}}]}`) };
      }),
    ],
  ])(
    "%s",
    async (_what, n, work) => {
      expect(await growth(n, work)).toBeLessThan(LINEAR);
    },
    60_000,
  );
});

describe("and so does what a caller asks for", () => {
  it.each<[string, number, Work]>([
    [
      "messages asked for at once",
      1_000,
      async (n) => {
        const body = envelopes([0, textMessage(3)], [END, bytesOf({})]);
        // Few at once: what lives on while garbage is collected costs more than its share.
        for (let round = 0; round < 10; round++) {
          const { client } = answered({ ...stream, body });
          const reader = client.count({})[Symbol.asyncIterator]();
          await Promise.all(Array.from({ length: n }, () => reader.next()));
        }
      },
    ],
    [
      "messages sent",
      2_500,
      async (n) => {
        const { client } = answered({ ...stream, body: envelopes([END, bytesOf({})]) });
        await drain(client.talk(texts(n)));
      },
    ],
    [
      "headers of a call",
      5_000,
      async (n) => {
        const { client } = answered({ type: "application/proto", body: textMessage(3) });
        const headers = Object.fromEntries(Array.from({ length: n }, (_, i) => [`x-${i}`, "v"]));
        await client.echo({}, call({ headers }));
      },
    ],
    [
      "pages of a list",
      10_000,
      async (n) => {
        let left = n;
        const list = async () => ({ items: [], nextPageToken: left-- > 0 ? `token ${left}` : "" });
        await drain(paginate(list, {}));
      },
    ],
    [
      "selectors of a document",
      5_000,
      async (n) => {
        const selectors = Array.from({ length: n }, (_, i) => `acme.v1.Service${i}`);
        const methods = [{ selectors, policy: { timeoutMs: "100" } }];
        const answer = { type: "application/proto", body: textMessage(3) };
        await answered(answer, { policy: { methods } }).client.echo({});
      },
    ],
  ])(
    "%s",
    async (_what, n, work) => {
      expect(await growth(n, work)).toBeLessThan(LINEAR);
    },
    60_000,
  );

  it("messages asked for at once come in order, then the error, then the end", async () => {
    const { client } = answered({
      ...stream,
      body: envelopes(...[1, 2, 3].map((bytes): [number, Uint8Array] => [0, textMessage(bytes)]), [
        END,
        bytesOf({ error: { code: "aborted" } }),
      ]),
    });
    const reader = client.count({})[Symbol.asyncIterator]();
    const order: number[] = [];
    const asked = Array.from({ length: 6 }, (_, i) => reader.next().finally(() => order.push(i)));
    const results = await Promise.allSettled(asked);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(
      results.map((each) =>
        each.status === "rejected" ? "error" : each.value.done ? "end" : each.value.value.text,
      ),
    ).toEqual(["x", "xx", "xxx", "error", "end", "end"]);
  });
});

async function* texts(n: number): AsyncGenerator<{ text: string }> {
  for (let i = 0; i < n; i++) {
    yield { text: "x" };
  }
}
