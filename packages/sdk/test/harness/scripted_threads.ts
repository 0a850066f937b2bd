import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import {
  GetThreadResponseSchema,
  ListThreadsResponseSchema,
  ThreadsService,
} from "@ameideio/core-proto/ameide/threads/v1";
import {
  type AmeideError,
  type AmeideOptions,
  type CallEvent,
  isAmeideError,
} from "../../src/index.js";
import { type AmeideTransport, createAmeideTransport } from "../../src/node.js";
import {
  createVirtualClock,
  type Randomness,
  type VirtualClock,
  type VirtualClockOptions,
  withTestRuntime,
} from "../../src/testing.js";
import { type Answer, connectError, ok, scriptedClient } from "./scripted_client.js";

/** A good answer to GetThread. */
export const thread: Answer = ok(
  GetThreadResponseSchema,
  create(GetThreadResponseSchema, { thread: { id: "t1" } }),
);

/** A transport that is none of the SDK's, as far as the SDK can tell. */
export function ownTransport(): Transport {
  const { transport } = scriptedThreads([thread]);
  return {
    unary: (...given) => transport.unary(...given),
    stream: (...given) => transport.stream(...given),
  };
}

/** GetThread's request. */
export const t1 = { threadId: "t1" };

/** A good answer to ListThreads. */
export function threadPage(ids: readonly string[], nextPageToken: string): Answer {
  const threads = ids.map((id) => ({ id }));
  const page = create(ListThreadsResponseSchema, { threads, nextPageToken });
  return ok(ListThreadsResponseSchema, page);
}

/** Every retry class but NEVER lets a method without side effects go on after this. */
export const unavailable = connectError("unavailable", 503);

/** A server that refuses the credential. */
export const unauthenticated = connectError("unauthenticated", 401);

/** A client of the threads service, and all that a test looks at. */
export interface ScriptedThreads {
  readonly threads: Client<typeof ThreadsService>;
  readonly transport: AmeideTransport;
  readonly http: ReturnType<typeof scriptedClient>;
  readonly clock: VirtualClock;
  readonly events: readonly CallEvent[];
}

/** What a test may change of a {@link scriptedThreads}. */
export interface ScriptedSetup {
  readonly clock?: VirtualClockOptions;
  /** A clock of another client, instead of one of its own. */
  readonly on?: VirtualClock;
  /** Default: no backoff, no jitter. */
  readonly random?: Partial<Randomness>;
}

/** A threads client of tenant `acme` over scripted answers, on a virtual clock. */
export function scriptedThreads(
  answers: readonly [Answer, ...Answer[]],
  options: AmeideOptions = {},
  setup: ScriptedSetup = {},
): ScriptedThreads {
  const clock = setup.on ?? createVirtualClock(setup.clock);
  const http = scriptedClient(...answers);
  const events: CallEvent[] = [];
  const transport = createAmeideTransport(
    withTestRuntime(
      {
        baseUrl: "https://api.test",
        tenant: "acme",
        telemetry: false,
        transport: http.client,
        observer: (event) => events.push(event),
        ...options,
      },
      { clock, random: { backoff: () => 0, authJitter: () => 0.5, ...setup.random } },
    ),
  );
  return { threads: createClient(ThreadsService, transport), transport, http, clock, events };
}

/** What a call failed with; throws if it did not. */
export async function errorOf(call: Promise<unknown>): Promise<AmeideError> {
  let value: unknown;
  try {
    value = await call;
  } catch (reason) {
    if (isAmeideError(reason)) {
      return reason;
    }
    throw reason;
  }
  throw new Error(`the call succeeded with ${JSON.stringify(value)}`);
}

/** What was thrown; throws if nothing was. */
export function thrownBy(run: () => unknown): AmeideError {
  try {
    run();
  } catch (reason) {
    if (isAmeideError(reason)) {
      return reason;
    }
    throw reason;
  }
  throw new Error("nothing was thrown");
}

/** Lets everything that is ready run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
