import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { type AmeideClient, createAmeideClient } from "../../src/client.js";
import {
  type AmeideError,
  type AmeideOptions,
  call,
  type CallEvent,
  type CallSettings,
  isAmeideError,
} from "../../src/index.js";
import {
  createVirtualClock,
  sequence,
  type VirtualClock,
  withTestRuntime,
} from "../../src/testing.js";
import { type Answer, connectError, scriptedClient, type SeenRequest } from "./scripted_client.js";

/** Makes one call with these settings. */
export type Caller = (client: AmeideClient, settings?: CallSettings) => Promise<unknown>;

/** A call for each idempotency level, and for what an idempotency key makes of `unknown`. */
export const LEVELS = {
  no_side_effects: (client, settings = {}) =>
    client.threads.getThread({ threadId: "t" }, call(settings)),
  idempotent: (client, settings = {}) =>
    client.threads.deleteThread({ threadId: "t" }, call(settings)),
  keyed: (client, settings = {}) =>
    client.meter.recordUsage({ teamId: "core", eventType: "completion" }, call(settings)),
  unknown: (client, settings = {}) =>
    client.threads.createThread({ title: "t" }, call({ idempotencyKey: "off", ...settings })),
} as const satisfies Readonly<Record<string, Caller>>;

/** A good answer to any unary call: the empty message. */
export const GOOD: Answer = { status: 200, headers: { "content-type": "application/proto" } };

/** The retryable error that says nothing more, with headers. */
export function unavailable(headers: Readonly<Record<string, string>> = {}): Answer {
  return connectError("unavailable", 503, headers);
}

/** An error detail as the Connect protocol sends it. */
export function detail<T extends DescMessage>(
  schema: T,
  init: MessageInitShape<T>,
): { type: string; value: string } {
  const bytes = toBinary(schema, create(schema, init));
  return { type: schema.typeName, value: base64Encode(bytes, "std_raw") };
}

/** A client over a script, on a virtual clock. */
export interface Scripted {
  readonly client: AmeideClient;
  readonly clock: VirtualClock;
  readonly events: readonly CallEvent[];
  readonly requests: readonly SeenRequest[];
}

/** What {@link scripted} is made with. */
export interface ScriptedSetup {
  readonly answers: readonly Answer[];
  readonly options?: AmeideOptions;
  /** Default: one where waits pass by themselves. */
  readonly clock?: VirtualClock;
}

/** Makes a client over a script; the last answer repeats. */
export function scripted(setup: ScriptedSetup): Scripted {
  const [first = GOOD, ...others] = setup.answers;
  const { client: transport, requests } = scriptedClient(first, ...others);
  const clock = setup.clock ?? createVirtualClock();
  const events: CallEvent[] = [];
  const options: AmeideOptions = {
    baseUrl: "https://api.test",
    tenant: "acme",
    telemetry: false,
    transport,
    observer: (event) => void events.push(event),
    ...setup.options,
  };
  const random = { backoff: sequence(0.5) };
  return {
    client: createAmeideClient(withTestRuntime(options, { clock, random })),
    clock,
    events,
    requests,
  };
}

/** The error a call fails with; throws if it ends well, or with another type. */
export async function failureOf(outcome: Promise<unknown>): Promise<AmeideError> {
  const reason: unknown = await outcome.then(
    () => new Error("the call ended well"),
    (thrown: unknown) => thrown,
  );
  if (!isAmeideError(reason)) {
    throw reason;
  }
  return reason;
}
