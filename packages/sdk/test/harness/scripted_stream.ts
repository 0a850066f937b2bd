import type { UniversalClientFn, UniversalClientResponse } from "@connectrpc/connect/protocol";
import { type AmeideOptions, type CallEvent, createClient } from "../../src/index.js";
import { createAmeideTransport } from "../../src/node.js";
import { createVirtualClock, sequence, withTestRuntime } from "../../src/testing.js";
import { Streams } from "./stream_service.js";

/** What a scripted stream sends, piece by piece. */
export type Piece =
  /** A message with this text. */
  | string
  /** The end of the stream, as JSON; with an error, or a good one. */
  | { readonly end: object }
  /** Any bytes. */
  | { readonly bytes: Uint8Array }
  /** Nothing more comes until the request is aborted. */
  | { readonly stall: true };

/** What is done with one request. */
export type StreamAnswer =
  | { readonly pieces: readonly Piece[]; readonly status?: number; readonly headers?: object }
  /** The connection is refused before anything is asked for. */
  | { readonly refused: true };

/** Nothing more comes until the request is aborted. */
export const STALL: Piece = { stall: true };

/** A good end. */
export const END: Piece = { end: {} };

/** An envelope of the Connect protocol. */
export function envelope(flags: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + data.length);
  bytes[0] = flags;
  new DataView(bytes.buffer).setUint32(1, data.length);
  bytes.set(data, 5);
  return bytes;
}

/** What a request was, and what became of it. */
export interface SeenStream {
  readonly headers: Headers;
  readonly body: Uint8Array[];
  aborted: boolean;
}

/** A client of `acme.v1.Streams` whose server is a script, on a virtual clock. */
export function scriptedStreams(answers: readonly StreamAnswer[], options: AmeideOptions = {}) {
  const requests: SeenStream[] = [];
  const events: CallEvent[] = [];
  const clock = createVirtualClock();
  const client: UniversalClientFn = async (request) => {
    const answer = answers[requests.length];
    if (answer === undefined) {
      throw new Error("the script has no answer left");
    }
    const seen: SeenStream = { headers: new Headers(request.header), body: [], aborted: false };
    requests.push(seen);
    request.signal?.addEventListener("abort", () => (seen.aborted = true));
    if ("refused" in answer) {
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    }
    for await (const chunk of request.body ?? []) {
      seen.body.push(chunk);
    }
    return {
      status: answer.status ?? 200,
      header: new Headers({ "content-type": "application/connect+proto", ...answer.headers }),
      body: play(answer.pieces, request.signal),
      trailer: new Headers(),
    } satisfies UniversalClientResponse;
  };
  const all = withTestRuntime(
    {
      baseUrl: "https://acme.test",
      transport: client,
      telemetry: false,
      observer: (event) => void events.push(event),
      ...options,
    },
    { clock, random: { backoff: sequence(0.5) } },
  );
  const transport = createAmeideTransport(all);
  const streams = createClient(Streams, transport);
  return { streams, transport, options: all, requests, clock, events };
}

async function* play(
  pieces: readonly Piece[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder();
  for (const piece of pieces) {
    if (typeof piece === "string") {
      // acme.v1.Text: field 1, a string shorter than 128 bytes.
      const text = utf8.encode(piece);
      yield envelope(0, Uint8Array.of(10, text.length, ...text));
    } else if ("stall" in piece) {
      await new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
      });
    } else if ("bytes" in piece) {
      yield piece.bytes;
    } else {
      yield envelope(2, utf8.encode(JSON.stringify(piece.end)));
    }
  }
}
