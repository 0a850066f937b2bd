import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { call, createClient as createAmeideClient } from "@ameideio/ameide-sdk-ts";
import type { AmeideOptions } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { GenerateResponseSchema, InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { MeterService, RecordUsageResponseSchema } from "@ameideio/core-proto/ameide/meter/v1";
import { createClient, type Transport } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { cannedClient, streamAnswer } from "./canned.js";
import { allPolicies } from "./policies.js";

/** One call, or one stream read to its end. */
export type Run = () => Promise<unknown>;

/**
 * Shows the headers of every request to a function, until the returned function is called. For
 * tests: measurements are not watched.
 */
export function watching(see: (header: Headers) => void): () => void {
  watcher = see;
  return () => (watcher = undefined);
}

let watcher: ((header: Headers) => void) | undefined;

// Measurements are not watched, so both sides get the client itself.
function watched(client: UniversalClientFn): UniversalClientFn {
  return watcher === undefined
    ? client
    : (request) => {
        watcher?.(request.header);
        return client(request);
      };
}

/** Messages of one stream. */
export const STREAM_MESSAGES = 100;

const baseUrl = "https://bench.example";
const usage = { teamId: "search", agentId: "a1", eventType: "completion", model: "m1" };
const record = create(RecordUsageResponseSchema, { record: { id: "r1", ...usage } });
const unaryBinary = cannedClient({
  contentType: "application/proto",
  chunks: [toBinary(RecordUsageResponseSchema, record)],
});
const unaryJson = cannedClient({
  contentType: "application/json",
  chunks: [new TextEncoder().encode(toJsonString(RecordUsageResponseSchema, record))],
});
const message = toBinary(
  GenerateResponseSchema,
  create(GenerateResponseSchema, {
    event: { case: "tokenDelta", value: { text: "some words" } },
  }),
);
const stream = cannedClient(streamAnswer(Array(STREAM_MESSAGES).fill(message)));

function bareTransport(httpClient: UniversalClientFn, useBinaryFormat = true): Transport {
  return createTransport({
    baseUrl,
    httpClient: watched(httpClient),
    useBinaryFormat,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: 1_024,
    readMaxBytes: 4 * 1_024 * 1_024,
    writeMaxBytes: 0xffffffff,
  });
}

function sdkTransport(httpClient: UniversalClientFn, changes: AmeideOptions = {}): Transport {
  return createAmeideTransport({
    baseUrl,
    transport: watched(httpClient),
    ...allPolicies(),
    ...changes,
  });
}

function unary(transport: Transport): Run {
  const client = createClient(MeterService, transport);
  return () => client.recordUsage(usage);
}

function streamed(client: ReturnType<typeof createClient<typeof InferenceService>>): Run {
  const request = { agentId: "a1" };
  return async () => {
    let count = 0;
    for await (const _ of client.generate(request)) {
      count++;
    }
    if (count !== STREAM_MESSAGES) {
      throw new Error(`${count} messages instead of ${STREAM_MESSAGES}`);
    }
  };
}

const sdk = (changes?: AmeideOptions) => unary(sdkTransport(unaryBinary, changes));
// MeterService requires a tenant, so its proto has to be overruled.
const tenantOptional = {
  default: { facts: { tenant: "TENANT_MODE_OPTIONAL" } },
};

function withSettings(settings: Parameters<typeof call>[0]): Run {
  const client = createClient(MeterService, sdkTransport(unaryBinary));
  return () => client.recordUsage(usage, call(settings));
}

/** All contestants, by name. */
export const contestants = {
  bare: () => unary(bareTransport(unaryBinary)),
  sdk: () => sdk(),
  bareJson: () => unary(bareTransport(unaryJson, false)),
  sdkJson: () => unary(sdkTransport(unaryJson, { format: "json" })),
  bareStream: () => streamed(createClient(InferenceService, bareTransport(stream))),
  sdkStream: () => streamed(createAmeideClient(InferenceService, sdkTransport(stream))),
  noAuth: () => sdk({ auth: null }),
  noTenant: () => sdk({ tenant: null, policy: tenantOptional }),
  noKey: () => sdk({ idempotencyKey: "off" }),
  noRetry: () => sdk({ retry: false }),
  noRetryNoDeadline: () => sdk({ retry: false, noDeadline: true }),
  noTelemetry: () => sdk({ telemetry: false }),
  observer: () => sdk({ observer: () => {} }),
  noRequestId: () => withSettings({}),
  ownRequestId: () => withSettings({ requestId: "1" }),
} satisfies Record<string, () => Run>;

export type Contestant = keyof typeof contestants;
