import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { create, type DescMethod } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import type { Clock } from "@ameideio/ameide-sdk-ts/testing";
import type {
  Call,
  ConformanceRequestWithId,
  ConformanceService,
} from "@ameideio/conformance-proto";
import type { CaseClient } from "./entries.js";
import { type Outcome, outcomeOf } from "./outcome.js";

/** Context of making a call. */
interface Making {
  readonly client: CaseClient;
  readonly options: CallOptions;
  readonly clock: Clock;
  /** Registers an action for the time when an attempt has failed. */
  readonly onAttemptFailed: (react: () => void) => void;
  /** Streams that were opened and are not read: their opener holds them. */
  readonly unread: unknown[];
}

// A collector needs a turn of the event loop in which the object is not held, and reports in
// another.
const TURNS = 3;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

type Conformance = typeof ConformanceService;

/** Methods that each stand for all of their kind. */
type Named<N extends keyof Conformance["method"]> = Pick<CaseClient["conformance"], N>[N];

/** Makes one call, of any kind, and returns how it ended. */
export async function makeCall(call: Call, method: DescMethod, making: Making): Promise<Outcome> {
  const { client, clock } = making;
  const startMs = clock.now();
  const headers: { values?: Headers; atMs?: number } = {};
  let trailers: Headers | undefined;
  const messages: string[] = [];
  const options: CallOptions = {
    ...making.options,
    onHeader(values) {
      headers.values = values;
      headers.atMs = clock.now() - startMs;
    },
    onTrailer: (values) => (trailers = values),
  };
  const send = client.conformance[method.localName as keyof Conformance["method"]] as unknown;
  const input = createInput(call, clock);
  const outcome = await outcomeOf(clock, async () => {
    switch (method.methodKind) {
      case "unary": {
        const message = unaryMessage(call, method, making);
        const response = await (send as Named<"unknownWithRequestId">)(message, options);
        const { text, items } = response as { text?: string; items?: string[] };
        return text ?? items?.join() ?? "";
      }
      case "client_streaming":
        return (await (send as Named<"clientStreamUnknown">)(input.messages(), options)).text;
      case "server_streaming": {
        const fields = { text: textOf(call) };
        await read((send as Named<"serverStreamUnknown">)(fields, options));
        await forgotten();
        return "";
      }
      case "bidi_streaming":
        await read((send as Named<"bidiStreamUnknown">)(input.messages(), options));
        await forgotten();
        return "";
    }
  });
  input.end();
  return {
    ...outcome,
    messages,
    headers: listOf(headers.values),
    trailers: listOf(trailers),
    ...(headers.atMs !== undefined && { headersMs: headers.atMs }),
  };

  async function read(stream: AsyncIterable<{ readonly text: string }>): Promise<void> {
    if (call.unread) {
      making.unread.push(stream);
      return;
    }
    const iterator = call.forget ? withoutReturn(stream) : stream;
    await slowly();
    for await (const { text } of iterator) {
      messages.push(text);
      if (messages.length === call.breakAfter) {
        break;
      }
      await slowly();
    }
  }

  async function forgotten(): Promise<void> {
    if (!call.forget) {
      return;
    }
    for (let turn = 0; turn < TURNS; turn++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function slowly(): Promise<void> {
    const ms = Number(call.readDelayMs);
    if (ms > 0) {
      await new Promise<void>((go) => void clock.setTimer(go, ms, "deadline"));
    }
  }
}

function listOf(headers: Headers | undefined): { name: string; value: string }[] {
  return [...(headers ?? [])].map(([name, value]) => ({ name, value }));
}

// The method whose request has all fields stands for all. The caller may change the message while
// the call goes on.
function unaryMessage(call: Call, { input }: DescMethod, { onAttemptFailed }: Making) {
  const fields = { text: textOf(call), requestId: call.requestIdField };
  const message = create(input, fields) as ConformanceRequestWithId;
  if (call.mutateMessage) {
    onAttemptFailed(() => (message.text = `not ${message.text}`));
  }
  return message;
}

function textOf({ text, textTimes }: Call): string {
  return text.repeat(textTimes || 1);
}

// Hides `return()`, as Connect's own client does: leaving the loop is not told.
function withoutReturn<T>(stream: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = stream[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}

/** Creates the messages that a caller streams. */
function createInput(given: Call, clock: Clock) {
  const { texts, text, textDelayMs, keepOpen, inputThrows } = given;
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    async *messages() {
      for (const each of texts.length > 0 ? texts : [text]) {
        if (textDelayMs > 0n) {
          await new Promise<void>((go) => void clock.setTimer(go, Number(textDelayMs), "deadline"));
        }
        yield { text: each };
      }
      if (inputThrows) {
        throw new Error("the input throws, as the case says");
      }
      if (keepOpen) {
        await ended;
      }
    },
    /** The call is over. */
    end: () => end(),
  };
}
