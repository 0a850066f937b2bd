import { type CallOptions, type Client, Code, ConnectError } from "@connectrpc/connect";
import { call, type CallSettings } from "@ameideio/ameide-sdk-ts";
import type { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";
import { INPUTS, type Inputs } from "./inputs.js";
import { METHODS, type Kind } from "./methods.js";
import { real } from "./watch.js";

type Service = Client<typeof ConformanceService>;

/** Tools of a caller for making a call. */
export interface Caller {
  /** The SDK's own client. */
  readonly sdk: Service;
  /** Connect's client over the SDK's transport: it hides that a stream was left. */
  readonly connect: Service;
  readonly kind: Kind;
  readonly controller: AbortController;
  readonly inputs: Inputs;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Behavior of a caller in a call; returns how it ended, in a word. */
export type Step = (caller: Caller) => Promise<string>;

const answered = ["unary", "client"] as const satisfies Kind[];

/** Returns the behaviors for each kind of call, by their names in the report. */
export function stepsOf(kind: Kind): Readonly<Record<string, Step>> {
  return (answered as readonly Kind[]).includes(kind) ? ANSWERED : STREAMED;
}

const DEADLINE_MS = 4;
const FIRST_MS = 60;

const ANSWERED: Record<string, Step> = {
  waits: (caller) => answer(caller),
  "cancels before": (caller) => answer(caller, { abortMs: -1 }),
  "cancels at once": (caller) => answer(caller, { abortMs: 0 }),
  "cancels soon": (caller) => answer(caller, { abortMs: 2 }),
  "cancels late": (caller) => answer(caller, { abortMs: 15 }),
  "has a deadline": (caller) => answer(caller, { settings: { timeoutMs: DEADLINE_MS } }),
};

const STREAMED: Record<string, Step> = {
  "reads all": (caller) => read(caller),
  "breaks after the first": (caller) => read(caller, { each: () => true }),
  "throws after the first": (caller) =>
    read(caller, {
      each() {
        throw new Error("the caller's own");
      },
    }),
  "cancels before": (caller) => read(caller, { abortMs: -1 }),
  "cancels before the first": (caller) => read(caller, { abortMs: 1 }),
  "cancels after the first": (caller) =>
    read(caller, {
      each() {
        caller.controller.abort();
        return false;
      },
    }),
  "cancels late": (caller) => read(caller, { abortMs: 15 }),
  "has a deadline": (caller) => read(caller, { settings: { timeoutMs: DEADLINE_MS } }),
  // Without a deadline: only the garbage collector can find it.
  "abandons after the first": (caller) => abandon(caller),
};

interface Ways {
  /** When the caller cancels, in ms from the start; negative for before. Default never. */
  readonly abortMs?: number;
  readonly settings?: CallSettings;
  /** Receives each message; returns true to leave. */
  readonly each?: () => boolean;
}

async function answer(caller: Caller, { abortMs, settings = {} }: Ways = {}): Promise<string> {
  const { sdk, kind } = caller;
  const stop = cancelAfter(caller, abortMs);
  const options = call(settings, { signal: caller.controller.signal });
  try {
    await (kind === "unary"
      ? sdk[pick(METHODS.unary, caller)]({ text: "a request" }, options)
      : sdk[pick(METHODS.client, caller)](input(caller), options));
    return "ok";
  } catch (reason) {
    return outcome(reason);
  } finally {
    stop();
  }
}

async function read(caller: Caller, { abortMs, settings = {}, each }: Ways = {}): Promise<string> {
  const stop = cancelAfter(caller, abortMs);
  try {
    const options = call(settings, { signal: caller.controller.signal });
    for await (const message of open(caller, caller.sdk, options)) {
      if (each?.() === true && message.text !== "") {
        return "left";
      }
    }
    return "ok";
  } catch (reason) {
    return outcome(reason);
  } finally {
    stop();
  }
}

async function abandon(caller: Caller): Promise<string> {
  // A call without a deadline waits for a token as long as its provider takes.
  const settings = { noDeadline: true, auth: null };
  const options = call(settings, { signal: caller.controller.signal });
  const stream = open(caller, caller.connect, options)[Symbol.asyncIterator]();
  // Without a deadline, only a cancel ends the wait for a first message.
  const stop = cancelAfter(caller, FIRST_MS);
  try {
    const { done } = await stream.next();
    return done ? "ok" : "abandoned";
  } catch (reason) {
    return outcome(reason);
  } finally {
    stop();
  }
}

function open(caller: Caller, client: Service, options: CallOptions) {
  return caller.kind === "server"
    ? client[pick(METHODS.server, caller)]({ text: "a request" }, options)
    : client[pick(METHODS.bidi, caller)](input(caller), options);
}

function input(caller: Caller) {
  return caller.inputs.make(pick(INPUTS, caller));
}

function pick<T>(choices: readonly T[], { random }: Caller): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

function cancelAfter({ controller }: Caller, ms: number | undefined): () => void {
  if (ms === undefined) {
    return () => {};
  }
  if (ms < 0) {
    controller.abort();
  }
  const timer = real.setTimeout(() => controller.abort(), ms);
  return () => real.clearTimeout(timer);
}

function outcome(reason: unknown): string {
  if (reason instanceof ConnectError) {
    return Code[reason.code];
  }
  return reason instanceof Error && reason.message === "the caller's own" ? "left" : "a bug";
}
