import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { type AmeideOptions, createClient } from "../../src/index.js";
import { createAmeideTransport } from "../../src/node.js";
import { envelope } from "./scripted_stream.js";
import { Streams } from "./stream_service.js";

/** An answer as it is on the wire. */
export interface RawAnswer {
  readonly status?: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Bytes in each chunk of the body. Default all. */
  readonly chunkBytes?: number;
}

/** A client of `acme.v1.Streams`, all of whose requests are answered so. */
export function answered(answer: RawAnswer, options: AmeideOptions = {}) {
  const requests: string[] = [];
  const transport: UniversalClientFn = async ({
    url,
    body = chunks({ type: "", body: new Uint8Array() }),
  }) => {
    requests.push(url);
    await drain(body);
    const header = new Headers({ "content-type": answer.type, ...answer.headers });
    const { status = 200 } = answer;
    return { status, header, body: chunks(answer), trailer: new Headers() };
  };
  const all = { baseUrl: "https://acme.test", transport, telemetry: false as const, ...options };
  return { client: createClient(Streams, createAmeideTransport(all)), requests };
}

async function* chunks({ body, chunkBytes = body.length }: RawAnswer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += chunkBytes) {
    yield body.subarray(at, at + chunkBytes);
  }
}

const utf8 = new TextEncoder();

/** Bytes of a text, or of a value as JSON. */
export function bytesOf(value: string | object): Uint8Array {
  return utf8.encode(typeof value === "string" ? value : JSON.stringify(value));
}

/** `acme.v1.Text` with a text of so many bytes. */
export function textMessage(bytes: number): Uint8Array {
  const length: number[] = [];
  for (let left = bytes; left > 0; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
  }
  return concat(Uint8Array.of(10, ...length), new Uint8Array(bytes).fill(0x78));
}

/** Envelopes of these flags and contents, one after the other. */
export function envelopes(...parts: readonly [flags: number, data: Uint8Array][]): Uint8Array {
  return concat(...parts.map(([flags, data]) => envelope(flags, data)));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Reads a stream to its end. */
export async function drain<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) {
    all.push(each);
  }
  return all;
}
