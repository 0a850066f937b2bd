import {
  type Answer,
  ConformanceResponseSchema,
  type ErrorAnswer,
  ListItemsResponseSchema,
  type StreamAnswer,
  StreamEnd,
} from "@ameideio/conformance-proto";
import {
  create,
  type DescMessage,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { connectErrorJson } from "./connect_error.js";
import { grpcStatus } from "./grpc_status.js";
import { ScriptError } from "./rules.js";
import type { Chunk, Cut, Header, Respond } from "./script.js";
import type { SuiteRun } from "./suite_run.js";

/** Parts of an answer in envelopes. */
type Enveloped = Pick<Respond, "status" | "headers" | "chunks" | "trailers" | "cut" | "duplex">;

/** Place, form and trailers of an answer. */
interface Context {
  readonly run: SuiteRun;
  readonly path: string;
  readonly trailers: readonly Header[];
}

/** Reports whether answers are messages in envelopes: all of gRPC, and streams of Connect. */
export function isEnveloped({ protocol, streams }: SuiteRun): boolean {
  return protocol !== "connect" || streams === true;
}

/**
 * Returns an answer in envelopes with its end: EndStreamResponse, trailers, or both in the body.
 */
export function toEnvelopes({ action }: Answer, context: Context): Enveloped {
  const { run, path, trailers } = context;
  switch (action.case) {
    case "ok": {
      const only = message(ConformanceResponseSchema, { text: action.value }, run);
      return { ...headOf(run), ...ended([only], undefined, context) };
    }
    case "page": {
      const { items, nextPageToken } = action.value;
      const only = message(ListItemsResponseSchema, { items, nextPageToken }, run);
      return { ...headOf(run), ...ended([only], undefined, context) };
    }
    case "error": {
      const { headers, status } = headOf(run);
      return run.protocol === "connect" || trailers.length > 0
        ? { status, headers, ...ended([], action.value, context) }
        : { status, headers: [...headers, ...grpcStatus(action.value, path)] };
    }
    case "stream": {
      const head = { ...headOf(run), ...(action.value.early && { duplex: true }) };
      return { ...head, ...streamed(action.value, context) };
    }
    default:
      throw new ScriptError(path, "is no answer in envelopes");
  }
}

function streamed(answer: StreamAnswer, context: Context): Omit<Enveloped, "status"> {
  const { messages, error, stall, end } = answer;
  if ([error !== undefined, stall, end !== StreamEnd.UNSPECIFIED].filter(Boolean).length > 1) {
    throw new ScriptError(`${context.path}.stream`, "has more than one of error, stall and end");
  }
  const delayMs = Number(answer.endDelayMs);
  const sent = messages.map(({ text, delayMs: before }) => ({
    ...message(ConformanceResponseSchema, { text }, context.run),
    delayMs: Number(before),
  }));
  switch (end) {
    case StreamEnd.RESET:
      return { chunks: [...sent, { text: "", delayMs }], cut: after(sent, "reset") };
    case StreamEnd.REFUSED_STREAM: {
      const how = { rstStream: "REFUSED_STREAM" } as const;
      return { chunks: [...sent, { text: "", delayMs }], cut: after(sent, how) };
    }
    case StreamEnd.SILENCE:
      return { chunks: [...sent, { text: "", delayMs }], cut: after(sent, "silence") };
    case StreamEnd.MISSING:
      return { chunks: [...sent, { text: "", delayMs }] };
    case StreamEnd.HALF_ENVELOPE:
      return { chunks: [...sent, { ...bytes(HALF_ENVELOPE), delayMs }] };
    case StreamEnd.GARBAGE: {
      const garbage = { ...bytes(envelope(0, GARBAGE)), delayMs };
      return ended([...sent, garbage], undefined, context);
    }
    case StreamEnd.UNSPECIFIED:
      if (stall) {
        return { chunks: sent, cut: after(sent, "stall") };
      }
      return ended(sent, error, context, delayMs);
  }
}

/** Returns messages, followed by the protocol's end. */
function ended(
  sent: readonly Chunk[],
  error: ErrorAnswer | undefined,
  { run, path, trailers }: Context,
  delayMs = 0,
): Pick<Enveloped, "chunks" | "trailers"> {
  if (run.protocol === "connect") {
    const end = JSON.stringify({
      ...(error && { error: connectErrorJson(error) }),
      ...(trailers.length > 0 && { metadata: metadata(trailers) }),
    });
    return { chunks: [...sent, { ...bytes(envelope(END_STREAM, Buffer.from(end))), delayMs }] };
  }
  const status = [...grpcStatus(error, path), ...trailers];
  if (run.protocol === "grpc") {
    return { chunks: [...sent, { text: "", delayMs }], trailers: status };
  }
  const lines = status.map(([name, value]) => `${name.toLowerCase()}: ${value}\r\n`).join("");
  return {
    chunks: [...sent, { ...bytes(envelope(TRAILERS, Buffer.from(lines, "latin1"))), delayMs }],
  };
}

/** Flag of the envelope that ends a stream of Connect. */
const END_STREAM = 0b0000_0010;
/** Flag of the envelope that has the trailers of gRPC-Web. */
const TRAILERS = 0b1000_0000;

/** No message in any format: a length-delimited field that goes on beyond its end. */
const GARBAGE = Buffer.from([0x0a, 0xff, 0x7b]);
const HALF_ENVELOPE = envelope(0, Buffer.alloc(40)).subarray(0, 20);

function headOf({ protocol, format }: SuiteRun) {
  const codec = format === "json" ? "json" : "proto";
  const type = protocol === "connect" ? `connect+${codec}` : `${protocol}+${codec}`;
  return { status: 200, headers: [["content-type", `application/${type}`]] as Header[] };
}

function message<D extends DescMessage>(desc: D, init: MessageInitShape<D>, run: SuiteRun) {
  const value = create(desc, init);
  const data = run.format === "json" ? toJsonString(desc, value) : toBinary(desc, value);
  return bytes(envelope(0, Buffer.from(data as Uint8Array)));
}

function envelope(flags: number, data: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

function bytes(data: Buffer): { base64: string } {
  return { base64: data.toString("base64") };
}

// Follows all sent data, so that only the end is missing.
function after(chunks: readonly { readonly base64: string }[], how: Cut["how"]): Cut {
  const length = chunks.reduce((sum, { base64 }) => sum + Buffer.from(base64, "base64").length, 0);
  return { after: length === 0 ? "head" : length, how };
}

function metadata(trailers: readonly Header[]): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of trailers) {
    (all[name.toLowerCase()] ??= []).push(value);
  }
  return all;
}
