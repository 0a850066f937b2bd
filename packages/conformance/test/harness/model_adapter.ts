import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  DescribeResponseSchema,
  type RunRequest,
  type RunResponse,
  RunResponseSchema,
  type SeenOutcomeSchema,
  type SeenRequestSchema,
} from "@ameideio/conformance-proto";
import { predict } from "../../src/fuzz/model.js";
import type { Protocol } from "../../src/fuzz/model/policy.js";
import type {
  PredictedOutcome,
  PredictedRequest,
  Prediction,
} from "../../src/fuzz/model/prediction.js";
import type { Subject } from "../../src/fuzz/runner.js";

/**
 * An SDK that does what the model says.
 *
 * @param spoil - Makes it do something else.
 */
export function modelAdapter(spoil: (response: RunResponse) => void = () => {}): Subject {
  return {
    sdk: "model",
    session: {
      describe: () =>
        Promise.resolve(
          create(DescribeResponseSchema, {
            entries: ["generic"],
            protocols: ["connect", "grpc", "grpc-web"],
            kinds: ["unary", "server_streaming", "client_streaming", "bidi_streaming"],
            abilities: ["cancel", "eager_streams", "keep_alive", "loose_types", "pulled_input"],
          }),
        ),
      run: async (prepare) => {
        const { given, script, protocol }: RunRequest = await prepare();
        if (given === undefined || script === undefined) {
          return { failure: "nothing to run" };
        }
        const over = protocol as Protocol;
        const response = responseOf(predict(given, script, over), over);
        spoil(response);
        return { response };
      },
      close: () => Promise.resolve(),
    },
  };
}

function responseOf(prediction: Prediction, protocol: Protocol): RunResponse {
  const { outcomes, requests, sleeps, budget, providerCalls } = prediction;
  return create(RunResponseSchema, {
    outcomes: outcomes.map(outcomeOf),
    requests: requests.map((request) => requestOf(request, protocol)),
    sleeps: [...(sleeps ?? [])],
    ...(budget === undefined ? {} : { budget }),
    providerCalls,
  });
}

function outcomeOf(outcome: PredictedOutcome): MessageInitShape<typeof SeenOutcomeSchema> {
  const { ok, error, durationMs, messages, headersMs } = outcome;
  const seen = {
    durationMs,
    messages: [...messages],
    ...(typeof headersMs === "number" ? { headersMs } : {}),
  };
  if (error === null) {
    return { ok: ok ?? "", ...seen };
  }
  const { code, origin, stopReason, reason, retryAfterMs, httpStatus } = error;
  return {
    ...seen,
    error: {
      code,
      origin: origin ?? "client",
      stopReason: stopReason ?? "",
      reason: reason ?? "",
      domain: error.domain ?? "",
      serverRequestId: error.serverRequestId ?? "",
      committed: error.committed,
      ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
      ...(typeof httpStatus === "number" ? { httpStatus } : {}),
      attempts: error.attempts.map((attempt) => ({
        code: attempt.code,
        class: attempt.class,
        sent: attempt.sent,
        transparent: attempt.transparent,
        delayMs: attempt.delayMs ?? 0,
        durationMs: attempt.durationMs ?? 0,
      })),
    },
  };
}

function requestOf(
  request: PredictedRequest,
  protocol: Protocol,
): MessageInitShape<typeof SeenRequestSchema> {
  const headers = Object.entries(headersOf(request, protocol));
  return {
    method: request.method,
    atMs: request.atMs,
    headers: headers.map(([name, value]) => ({ name, value })),
    bodySha256: request.body ?? "",
    body: Buffer.concat((request.texts ?? []).map(enveloped)),
    canceled: request.canceled ?? false,
  };
}

// Texts of a request in an envelope, as JSON: a byte of flags, and the length in four.
function enveloped(text: string): Buffer {
  const message = Buffer.from(JSON.stringify({ text }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function headersOf(request: PredictedRequest, protocol: Protocol): { [name: string]: string } {
  const { key, requestId, timeoutMs } = request;
  const type = protocol === "connect" ? "application/connect+json" : `application/${protocol}+json`;
  const headers: [string, string | null][] = [
    ["content-type", type],
    timeoutOf(timeoutMs, protocol),
    ["grpc-previous-rpc-attempts", request.previousAttempts],
    ["x-tenant-id", request.tenant],
    ["authorization", request.authorization],
    ["x-request-id", made(requestId, "7")],
    ["idempotency-key", key === null ? null : made(key, "4")],
    ...Object.entries(request.headers),
  ];
  return Object.fromEntries(headers.filter(([, value]) => value !== null)) as {
    [name: string]: string;
  };
}

const EIGHT_DIGITS = 99_999_999;

function timeoutOf(ms: number | null, protocol: Protocol): [string, string | null] {
  if (protocol === "connect") {
    return ["connect-timeout-ms", ms === null ? null : String(ms)];
  }
  if (ms === null) {
    return ["grpc-timeout", null];
  }
  return ["grpc-timeout", ms > EIGHT_DIGITS ? `${ms / 1000}S` : `${ms}m`];
}

// `auto:12` → a UUID of that version.
function made(value: string, version: string): string {
  if (!value.startsWith("auto:")) {
    return value;
  }
  const digits = value.slice("auto:".length).padStart(12, "0");
  return `00000000-0000-${version}000-8000-${digits}`;
}
