import { Code, ConnectError } from "@connectrpc/connect";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { type AnswerEnd, AnswerMessages } from "../../src/protocol/answer_messages.js";
import { envelope, thrown } from "../harness/wire_forms.js";
import {
  readEndStream,
  readStreamHead,
  readUnaryError,
  readUnaryHead,
} from "../../src/protocol/connect_protocol.js";
import type { MessageForm } from "../../src/protocol/form.js";
import { readGrpcHead, readTrailers } from "../../src/protocol/grpc_protocol.js";
import { readGrpcWebHead, readTrailersInBody } from "../../src/protocol/grpc_web_protocol.js";

const INPUTS = 1_000_000;
const MAX = 4_096;
const END = 0b10;
const FORM: MessageForm = {
  json: false,
  accept: undefined,
  send: undefined,
  compressFromBytes: MAX,
  readMaxBytes: MAX,
};

// Mulberry32: the same inputs in every run.
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const ENDS = ["{}", '{"metadata":{"a":["b"]}}', '{"error":{"code":"aborted","message":"x"}}', "{"];
const encoder = new TextEncoder();

// A body that a server may send, of which a few bytes are changed, left out, or repeated.
function bodyOf(random: (below: number) => number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = random(4); left > 0; left--) {
    const value = "text".repeat(random(8));
    parts.push(envelope(0, toBinary(StringValueSchema, create(StringValueSchema, { value }))));
  }
  parts.push(envelope(END, encoder.encode(ENDS[random(ENDS.length)])));
  const body = Buffer.concat(parts);
  for (let left = random(4); left > 0; left--) {
    body[random(body.length)] = random(256);
  }
  const cut = random(6);
  return cut === 0
    ? body.subarray(0, random(body.length))
    : cut === 1
      ? Buffer.concat([body, body])
      : body;
}

function chunksOf(body: Uint8Array, random: (below: number) => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const end = at + 1 + random(body.length);
    chunks.push(body.subarray(at, end));
    at = end;
  }
  return chunks;
}

const codec = {
  write: () => new Uint8Array(),
  read(bytes: Uint8Array) {
    try {
      return fromBinary(StringValueSchema, bytes);
    } catch {
      throw new ConnectError("no message", Code.Internal);
    }
  },
};

// All that a reader of the chunks is told.
async function readAll(chunks: readonly Uint8Array[]): Promise<string> {
  let at = 0;
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = chunks[at++];
        return Promise.resolve(
          value === undefined
            ? { done: true as const, value: undefined }
            : { done: false as const, value },
        );
      },
    }),
  };
  let ended = false;
  const end: AnswerEnd = {
    endFlag: END,
    readEnd(content) {
      ended = true;
      thrown(readEndStream(content, new Headers()).error);
    },
    lacksStatus: () => !ended,
    check() {
      if (!ended) {
        throw new ConnectError("no end", Code.InvalidArgument);
      }
    },
  };
  const form = { compression: undefined, readMaxBytes: MAX, end };
  const messages = new AnswerMessages(body, codec, form, undefined);
  const told: string[] = [];
  try {
    for await (const message of messages) {
      told.push((message as { value?: string }).value ?? "");
    }
  } catch (reason) {
    told.push(outcome(reason));
  }
  return told.join("|");
}

function outcome(reason: unknown): string {
  if (!(reason instanceof ConnectError)) {
    throw new Error("a reader threw something else", { cause: reason });
  }
  return Code[reason.code];
}

function tried(run: () => unknown): void {
  try {
    run();
  } catch (reason) {
    outcome(reason);
  }
}

const WORDS = [
  "application/proto",
  "application/grpc",
  "application/grpc-web",
  "application/json",
  "gzip",
  "0",
  "5",
  "x",
  "",
];
const NAMES = [
  "content-type",
  "content-encoding",
  "connect-content-encoding",
  "grpc-encoding",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
];

function headOf(random: (below: number) => number) {
  const header = new Headers();
  for (let left = random(5); left > 0; left--) {
    const value = random(3) === 0 ? String.fromCharCode(33 + random(90), 33 + random(90)) : "";
    header.append(
      NAMES[random(NAMES.length)] as string,
      (WORDS[random(WORDS.length)] ?? "") + value,
    );
  }
  return { status: [200, 200, 200, 503, 302, 404][random(6)] as number, header };
}

test(
  `${INPUTS} answers: an error with a code, or what was sent, however it is cut`,
  async () => {
    const random = randomOf(16);
    const different: object[] = [];
    let read = 0;
    for (let input = 0; input < INPUTS; input++) {
      if (input % 4 === 0) {
        const head = headOf(random);
        tried(() => readUnaryHead(head.header, FORM));
        tried(() => readStreamHead(head, FORM));
        tried(() => readGrpcHead(head, FORM));
        tried(() => readGrpcWebHead(head, FORM));
        tried(() => thrown(readTrailers(head.header, head.header)));
        continue;
      }
      const body = bodyOf(random);
      if (input % 4 === 1) {
        outcome(readUnaryError(body, new ConnectError("HTTP 503", Code.Unavailable)).error);
        tried(() => readTrailersInBody(body, new Headers()));
        continue;
      }
      const whole = await readAll([body]);
      const cut = await readAll(chunksOf(body, random));
      if (whole !== cut) {
        different.push({ body: [...body], whole, cut });
      }
      read += whole.includes("text") ? 1 : 0;
    }
    expect(different.slice(0, 10)).toEqual([]);
    // Most are not broken in a way that hides all of them.
    expect(read).toBeGreaterThan(INPUTS / 10);
  },
  10 * 60_000,
);
