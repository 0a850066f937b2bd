import { create } from "@bufbuild/protobuf";
import {
  DescribeResponseSchema,
  type RunRequest,
  type RunResponse,
  RunResponseSchema,
} from "@ameideio/conformance-proto";
import { predict } from "../fuzz/model.js";
import type { Prediction, PredictedRequest } from "../fuzz/model/prediction.js";
import type { Subject } from "../fuzz/runner.js";

/**
 * An SDK that does what the model says.
 *
 * @param spoil - Makes it do something else.
 */
export function modelAdapter(spoil: (response: RunResponse) => void = () => {}): Subject {
  return {
    sdk: "model",
    session: {
      describe: () => Promise.resolve(create(DescribeResponseSchema, { doors: ["generic"] })),
      run: async (prepare) => {
        const { given, script }: RunRequest = await prepare();
        if (given === undefined || script === undefined) return { failure: "nothing to run" };
        const response = responseOf(predict(given, script));
        spoil(response);
        return { response };
      },
      close: () => Promise.resolve(),
    },
  };
}

function responseOf(prediction: Prediction): RunResponse {
  const { outcomes, requests, sleeps, budget, providerCalls } = prediction;
  return create(RunResponseSchema, {
    outcomes: outcomes.map(({ ok, error, durationMs }) => {
      if (error === null) return { ok: ok ?? "", durationMs };
      const { code, origin, stopReason, reason, retryAfterMs, httpStatus } = error;
      return {
        durationMs,
        error: {
          code,
          origin: origin ?? "client",
          stopReason: stopReason ?? "",
          reason: reason ?? "",
          domain: error.domain ?? "",
          serverRequestId: error.serverRequestId ?? "",
          ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
          ...(typeof httpStatus === "number" ? { httpStatus } : {}),
          attempts: error.attempts.map((attempt) => ({
            code: attempt.code,
            class: attempt.class,
            transparent: attempt.transparent,
            delayMs: attempt.delayMs ?? 0,
            durationMs: attempt.durationMs ?? 0,
          })),
        },
      };
    }),
    requests: requests.map((request) => ({
      method: request.method,
      atMs: request.atMs,
      bodySha256: request.body,
      headers: Object.entries(headersOf(request)).map(([name, value]) => ({ name, value })),
    })),
    sleeps: [...(sleeps ?? [])],
    ...(budget === undefined ? {} : { budget }),
    providerCalls,
  });
}

function headersOf(request: PredictedRequest): { [name: string]: string } {
  const { key, requestId, timeoutMs } = request;
  const headers: [string, string | null][] = [
    ["connect-timeout-ms", timeoutMs === null ? null : String(timeoutMs)],
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

// `auto:12` → a UUID of that version.
function made(value: string, version: string): string {
  if (!value.startsWith("auto:")) return value;
  const digits = value.slice("auto:".length).padStart(12, "0");
  return `00000000-0000-${version}000-8000-${digits}`;
}
