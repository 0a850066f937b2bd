import type { RunResponse, SeenError, SeenOutcome, SeenRequest } from "@ameideio/conformance-proto";
import { textsOf } from "../compare/envelopes.js";
import { wireTimeout } from "../compare/requests.js";
import type {
  PredictedError,
  PredictedOutcome,
  PredictedRequest,
  Prediction,
} from "./model/prediction.js";

/** Compared values: null if there is none, undefined if it is not compared. */
export interface Observed {
  readonly outcomes: readonly ObservedOutcome[];
  readonly requests: readonly ObservedRequest[];
  readonly sleeps: readonly number[] | undefined;
  readonly budget: number | undefined;
  readonly providerCalls: number;
}

export type ObservedOutcome = PredictedOutcome & { readonly retryable?: boolean | undefined };
/** Ids and bodies are labels, which are equal if the values are. */
export type ObservedRequest = PredictedRequest;

/** Returns the observation of an SDK's run, in the terms of a prediction. */
export function observedOf(response: RunResponse, prediction: Prediction): Observed {
  const { parallel } = prediction;
  // Values unknown to the model would only rename other bodies.
  const isKnown = (index: number): boolean =>
    parallel || prediction.requests[index]?.body !== undefined;
  return arrange(
    {
      outcomes: response.outcomes.map(outcomeOf),
      requests: response.requests.map((request, index) => {
        const seen = requestOf(request);
        return isKnown(index) ? seen : { ...seen, body: undefined };
      }),
      sleeps: response.sleeps.filter((ms) => ms > 0),
      budget: response.budget,
      providerCalls: response.providerCalls,
    },
    parallel,
  );
}

/** Returns the observation that the model predicts. */
export function expectedOf(prediction: Prediction): Observed {
  const { outcomes, requests, sleeps, budget, providerCalls, parallel } = prediction;
  return arrange({ outcomes, requests, sleeps, budget, providerCalls }, parallel);
}

/**
 * Returns the observation without what may differ between languages: when the headers of a unary
 * call are shown, whether an exchange that is over counts as canceled, and which messages of a
 * stream an answer that comes early leaves unsent. The model states them of the cases in which they
 * are the same, and each SDK is compared with that.
 */
export function ofEveryLanguage(observed: Observed): Observed {
  return {
    ...observed,
    outcomes: observed.outcomes.map((one) => ({ ...one, headersMs: undefined })),
    requests: observed.requests.map((one) => ({ ...one, canceled: undefined, texts: undefined })),
  };
}

function outcomeOf({ ok, error, durationMs, messages, headersMs }: SeenOutcome): ObservedOutcome {
  const seen = { ok: ok ?? null, durationMs, messages, headersMs: headersMs ?? null };
  if (error === undefined) {
    return { ...seen, error: null };
  }
  return { ...seen, error: errorOf(error), retryable: error.retryable };
}

function errorOf(error: SeenError): PredictedError {
  return {
    code: error.code,
    origin: error.origin,
    stopReason: orNull(error.stopReason),
    reason: orNull(error.reason),
    domain: orNull(error.domain),
    retryAfterMs: error.retryAfterMs ?? null,
    httpStatus: error.httpStatus ?? null,
    serverRequestId: orNull(error.serverRequestId),
    committed: error.committed,
    attempts: error.attempts.map((attempt) => ({
      code: attempt.code,
      class: attempt.class,
      sent: attempt.sent,
      durationMs: attempt.durationMs,
      delayMs: attempt.delayMs ?? 0,
      transparent: attempt.transparent,
    })),
    attemptsOpen: false,
  };
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function requestOf(request: SeenRequest): ObservedRequest {
  const { method, headers, bodySha256, atMs, canceled } = request;
  const values = new Map<string, string>();
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    const before = values.get(key);
    values.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  const key = values.get("idempotency-key");
  const id = values.get("x-request-id") ?? "";
  const others = [...values].filter(([name]) => name.startsWith("x-") && !OWN.includes(name));
  return {
    method,
    atMs,
    timeoutMs: timeoutOf(request),
    previousAttempts: values.get("grpc-previous-rpc-attempts") ?? null,
    tenant: values.get("x-tenant-id") ?? null,
    authorization: values.get("authorization") ?? null,
    requestId: UUID_V7.test(id) ? `auto:${id}` : id,
    key: key === undefined ? null : UUID_V4.test(key) ? `auto:${key}` : key,
    body: bodySha256,
    texts: textsOf(request),
    canceled,
    headers: Object.fromEntries(others),
  };
}

const GRPC_TYPE = /^application\/grpc/;

// Reads the header of the protocol, and no other.
function timeoutOf(request: SeenRequest): number | null {
  const named = (name: string): string | undefined =>
    request.headers.find((header) => header.name.toLowerCase() === name)?.value;
  const isGrpc = GRPC_TYPE.test(named("content-type") ?? "");
  const other = named(isGrpc ? "connect-timeout-ms" : "grpc-timeout");
  return other === undefined ? (wireTimeout(request) ?? null) : Number.NaN;
}

// Headers that are compared separately, or belong to gRPC-Web itself.
const OWN = ["x-tenant-id", "x-request-id", "x-grpc-web", "x-user-agent"];

// Names generated values by their order of appearance, so that equality of values is compared. For
// parallel calls the order says nothing, and only the number of uses of a value remains.
function arrange(observed: Observed, parallel: boolean): Observed {
  const requestId = labels(
    observed.requests.map((request) => request.requestId),
    parallel,
  );
  const key = labels(
    observed.requests.map((request) => request.key ?? ""),
    parallel,
  );
  const body = labels(
    observed.requests.flatMap(({ body: own }) => (own === undefined ? [] : [`auto:${own}`])),
    parallel,
  );
  const requests = observed.requests.map((request) => ({
    ...request,
    requestId: requestId(request.requestId),
    key: request.key === null ? null : key(request.key),
    body: request.body === undefined ? undefined : body(`auto:${request.body}`),
    headers: sortedByName(request.headers),
  }));
  if (!parallel) {
    return { ...observed, requests };
  }
  return {
    ...observed,
    outcomes: sorted(observed.outcomes, outcomeOrder),
    requests: sorted(
      requests.map((request) => ({ ...request, canceled: undefined })),
      (request) => JSON.stringify({ ...request, texts: undefined }),
    ),
    sleeps: observed.sleeps?.toSorted((a, b) => a - b),
  };
}

// Orders by values that the model always knows; otherwise the two sides would be ordered
// differently.
function outcomeOrder({ ok, error, durationMs }: ObservedOutcome): string {
  return JSON.stringify([ok, error?.code, error?.stopReason, durationMs]);
}

function labels(values: readonly string[], parallel: boolean): (value: string) => string {
  const made = [...new Set(values.filter((value) => value.startsWith("auto:")))];
  const count = (value: string): number => values.filter((other) => other === value).length;
  return (value) => {
    if (!value.startsWith("auto:")) {
      return value;
    }
    return parallel ? `made, used ${count(value)} times` : `made ${made.indexOf(value) + 1}`;
  };
}

function sorted<T>(items: readonly T[], key: (item: T) => string): T[] {
  return items
    .map((item) => [key(item), item] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item);
}

function sortedByName<T>(map: { readonly [name: string]: T }): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function orNull(text: string): string | null {
  return text === "" || text === "none" ? null : text;
}

/**
 * Lists where two observations differ: `path: expected → seen`. Undefined members of `expected` are
 * not compared, and its list of attempts may be open.
 */
export function differences(expected: Observed, seen: Observed): string[] {
  const found: string[] = [];
  compare(expected, seen, "", found);
  return found;
}

function compare(expected: unknown, seen: unknown, path: string, found: string[]): void {
  if (expected === undefined || path.endsWith(".attemptsOpen")) {
    return;
  }
  if (Array.isArray(expected) && Array.isArray(seen)) {
    const length = Math.max(expected.length, seen.length);
    for (let i = 0; i < length; i++) {
      if (i >= expected.length) {
        found.push(`${path}[${i}]: nothing → ${show(seen[i])}`);
      } else if (i >= seen.length) {
        found.push(`${path}[${i}]: ${show(expected[i])} → nothing`);
      } else {
        compare(expected[i], seen[i], `${path}[${i}]`, found);
      }
    }
  } else if (isRecord(expected) && isRecord(seen)) {
    const open = expected.attemptsOpen === true;
    for (const name of new Set([...Object.keys(expected), ...Object.keys(seen)])) {
      const value = seen[name];
      const cut =
        open && name === "attempts" && Array.isArray(value) && Array.isArray(expected[name]);
      const known = cut
        ? (value as unknown[]).slice(0, (expected[name] as unknown[]).length)
        : value;
      if (cut && (value as unknown[]).length > (expected[name] as unknown[]).length + 1) {
        found.push(`${path}.attempts: at most one more → ${show(value)}`);
      }
      // A header that only one side has is a difference too.
      if (path.endsWith(".headers") && !(name in expected)) {
        found.push(`${path}.${name}: nothing → ${show(value)}`);
      }
      compare(expected[name], known, path === "" ? name : `${path}.${name}`, found);
    }
  } else if (expected !== seen) {
    found.push(`${path}: ${show(expected)} → ${show(seen)}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
