import { create, type JsonObject, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  type Drained,
  type Event,
  type Expected,
  ExpectedSchema,
  type Explained,
  type Leaks,
  type Metric,
  type Outcome,
  type Request,
  type SeenOutcome,
  type Span,
} from "@ameideio/conformance-proto";
import type { Seen } from "../compare/compare.js";
import { show, states } from "../compare/difference.js";
import { showAttempt, showError } from "../compare/outcomes.js";
import { type Arrived, wireTimeout } from "../compare/requests.js";
import { eventType } from "../compare/telemetry.js";
import type { LoadedCase } from "../suite/load_file.js";

/** Entry of a timeline. Entries of the same step are shown side by side. */
export interface Entry {
  /** Step, named as in differences: `request 1`, `wait 1`, `outcome 1`, `budget`, … */
  readonly step: string;
  readonly lines: readonly string[];
}

/** Lists the statements of a case, in the order they would happen. */
export function expectedTimeline(one: Pick<LoadedCase, "message" | "json">): Entry[] {
  const expected = one.message.expect ?? create(ExpectedSchema);
  const json = (one.json.expect ?? {}) as JsonObject;
  const requests = expected.requests.map(statedRequest);
  const count = states(json, "requests") ? requests.length : expected.requestCount;
  return [
    ...interleave(requests, expected.sleeps?.values ?? []),
    ...numbered("outcome", expected.outcomes.flatMap(statedOutcome)),
    entry("requests", count === undefined ? [] : [String(count)]),
    entry("waits", expected.sleeps === undefined ? [] : [waits(expected.sleeps.values)]),
    entry("budget", numberLine(expected.budget, "tokens")),
    entry("provider", numberLine(expected.providerCalls, "calls")),
    entry("timers", longest(expected.longestTimerMs)),
    entry("items", states(json, "items") ? [show(expected.items)] : []),
    entry("drained", expected.drained.map(drainedLine)),
    ...explained(expected.explained, "…"),
    entry("explain", expected.policyHash === "" ? [] : [`hash ${expected.policyHash}`]),
    entry(
      "explain text",
      expected.explainContains.map((text) => `… ${text} …`),
    ),
    ...numbered("span", expected.spans.map(spanLines)),
    entry("spans", states(json, "spans") ? [String(expected.spans.length)] : []),
    ...metrics(expected.metrics),
    ...statedLogs(expected, json),
    entry("events", states(json, "events") ? expected.events : expected.someEvents.map(someEvent)),
    entry("leaks", [showLeaks({ timers: 0, listeners: 0, sockets: 0, tasks: 0 })]),
    entry("process", expected.processEnds ? ["ends by itself"] : []),
  ].filter(({ lines }) => lines.length > 0);
}

/** Lists the observations of a run, in the same steps. */
export function seenTimeline({ response, requests, processEnd }: Seen): Entry[] {
  const { leaks } = response;
  return [
    ...interleave(
      requests.map((request, i) => seenRequest(request, requests[i - 1])),
      response.sleeps,
    ),
    ...numbered("outcome", response.outcomes.map(seenOutcome)),
    entry("requests", [String(requests.length)]),
    entry("waits", [waits(response.sleeps)]),
    entry("budget", numberLine(response.budget, "tokens")),
    entry("provider", numberLine(response.providerCalls, "calls")),
    entry("timers", longest(response.longestTimerMs || undefined)),
    entry("items", response.items.length > 0 ? [show(response.items)] : []),
    entry("drained", response.drained.map(drainedLine)),
    ...explained(response.explained, ""),
    entry("explain", response.policyHash === "" ? [] : [`hash ${response.policyHash}`]),
    entry("explain text", response.explainText === "" ? [] : response.explainText.split("\n")),
    ...numbered("span", response.spans.map(spanLines)),
    entry("spans", [String(response.spans.length)]),
    ...metrics(response.metrics),
    ...numbered(
      "log",
      response.logs.map(({ level, text }) => [`${level}: ${text}`]),
    ),
    entry("events", response.events.map(eventType)),
    entry("leaks", leaks === undefined ? [] : [showLeaks(leaks)]),
    entry("process", processEnd === undefined ? [] : [`ends ${processEnd}`]),
  ].filter(({ lines }) => lines.length > 0);
}

function entry(step: string, lines: readonly string[]): Entry {
  return { step, lines };
}

function numbered(step: string, all: readonly (readonly string[])[]): Entry[] {
  return all.map((lines, i) => entry(`${step} ${i + 1}`, lines));
}

// Puts the n-th wait after the n-th request, which is right for one call.
function interleave(requests: readonly (readonly string[])[], sleeps: readonly number[]): Entry[] {
  const length = Math.max(requests.length, sleeps.length);
  return Array.from({ length }, (_, i) => {
    const request = requests[i];
    const wait = sleeps[i];
    return [
      ...(request === undefined ? [] : [entry(`request ${i + 1}`, request)]),
      ...(wait === undefined ? [] : [entry(`wait ${i + 1}`, [`${wait} ms`])]),
    ];
  }).flat();
}

function waits(values: readonly number[]): string {
  return values.length === 0 ? "none" : values.map((value) => `${value} ms`).join(", ");
}

function numberLine(value: number | undefined, unit: string): string[] {
  return value === undefined ? [] : [`${value} ${unit}`];
}

function drainedLine({ aborted, ms }: Drained): string {
  return ms === undefined ? `${aborted} aborted` : `${aborted} aborted, after ${ms} ms`;
}

function showLeaks({
  timers,
  listeners,
  sockets,
  tasks,
}: Pick<Leaks, "timers" | "listeners" | "sockets" | "tasks">): string {
  return `timers ${timers}, listeners ${listeners}, sockets ${sockets}, tasks ${tasks}`;
}

function longest(value: number | undefined): string[] {
  return value === undefined ? [] : [`${value} ms at most`];
}

function statedRequest(request: Request): string[] {
  const range = (what: string, min: number | undefined, max: number | undefined) =>
    min === undefined && max === undefined ? [] : [`${what} ${min ?? 0} to ${max ?? "∞"} ms`];
  const { minTimeoutMs, maxTimeoutMs, minGapMs, maxGapMs, sameBodyAs } = request;
  const lines = [
    ...(request.httpMethod === "" ? [] : [request.httpMethod]),
    ...(request.timeoutMs === undefined ? [] : [`timeout ${request.timeoutMs} ms`]),
    ...(request.noTimeout ? ["no timeout"] : []),
    ...range("timeout", minTimeoutMs, maxTimeoutMs),
    ...range("gap", minGapMs, maxGapMs),
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    ...Object.entries(request.combinedHeaders).map(([name, value]) => `${name}: ${value}`),
    ...request.absent.map((name) => `${name}: absent`),
    ...(request.span === undefined ? [] : [`in span ${request.span}`]),
    ...(sameBodyAs === undefined ? [] : [`body as in request ${sameBodyAs}`]),
  ];
  return lines.length === 0 ? ["any"] : lines;
}

function seenRequest(request: Arrived, before: Arrived | undefined): string[] {
  const timeout = wireTimeout(request);
  return [
    `${request.method || "nothing was read"} at ${round(request.atMs)} ms`,
    ...(before === undefined ? [] : [`gap ${round(request.atMs - before.atMs)} ms`]),
    ...(timeout === undefined ? [] : [`timeout ${timeout} ms`]),
    ...request.headers.map(({ name, value }) => `${name}: ${value}`),
    `body ${request.bodySha256.slice(0, 12)}`,
    ...(request.exhausted === true ? ["the script had no answer left"] : []),
  ];
}

function statedOutcome(outcome: Outcome): string[][] {
  const { ok, code, origin, stopReason } = outcome;
  const more: [string, unknown][] = [
    ["reason", outcome.reason],
    ["domain", outcome.domain],
    ["retry-after", outcome.retryAfterMs],
    ["HTTP status", outcome.httpStatus],
    ["retryable", outcome.retryable],
    ["message holds", outcome.messageContains || undefined],
    ["explanation holds", outcome.explanationContains || undefined],
    ["server's request id", outcome.serverRequestId],
    ["fields", outcome.fields.length > 0 ? outcome.fields : undefined],
    ["details", outcome.detailCount],
    ["attempts", outcome.attemptCount],
    ["at least", outcome.minMs],
    ["at most", outcome.maxMs],
  ];
  const first =
    ok === undefined
      ? [code, origin, stopReason].filter((text) => text !== "").join(", ")
      : `ok ${ok}`;
  const lines = [
    first,
    ...more.flatMap(([what, value]) => (value === undefined ? [] : [`${what}: ${show(value)}`])),
    ...outcome.attempts.map((attempt, i) => `attempt ${i + 1}: ${showAttempt(attempt)}`),
    ...Object.entries(outcome.trailers).map(([name, value]) => `trailer ${name}: ${value}`),
    ...outcome.absentTrailers.map((name) => `trailer ${name}: absent`),
  ];
  return Array.from({ length: outcome.count || 1 }, () => lines);
}

function seenOutcome({ ok, error, durationMs, trailers }: SeenOutcome): string[] {
  const took = `after ${round(durationMs)} ms`;
  if (error === undefined) {
    return [
      `ok ${ok ?? ""}`,
      took,
      ...trailers.map(({ name, value }) => `trailer ${name}: ${value}`),
    ];
  }
  const more: [string, unknown][] = [
    ["reason", error.reason || undefined],
    ["domain", error.domain || undefined],
    ["retry-after", error.retryAfterMs],
    ["HTTP status", error.httpStatus],
    ["retryable", error.retryable],
    ["explanation", error.explanation || undefined],
    ["server's request id", error.serverRequestId || undefined],
    ["fields", error.fields.length > 0 ? error.fields : undefined],
    ["details", error.detailCount || undefined],
  ];
  return [
    showError(error),
    took,
    ...more.flatMap(([what, value]) => (value === undefined ? [] : [`${what}: ${show(value)}`])),
    ...error.attempts.map((attempt, i) => `attempt ${i + 1}: ${showAttempt(attempt)}`),
  ];
}

function explained(values: Readonly<Record<string, Explained>>, after: string): Entry[] {
  return Object.entries(values).map(([name, { value, source }]) => {
    const text = value === undefined ? "any" : show(toJson(ValueSchema, value));
    return entry(`explain ${name}`, [`${text} (${source}${after})`]);
  });
}

function spanLines(span: Span): string[] {
  return [
    `${span.name || "any"}${span.error ? ", error" : ""}${span.parent > 0 ? `, in span ${span.parent}` : ""}`,
    ...attributes(span.attributes),
    ...span.absent.map((name) => `${name}: absent`),
    ...span.events.flatMap(({ name, attributes: own }) => [`event ${name}`, ...attributes(own)]),
  ];
}

function attributes(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}: ${value}`);
}

function metrics(values: Readonly<Record<string, Metric>>): Entry[] {
  return Object.entries(values).map(([name, metric]) =>
    entry(`metric ${name}`, [
      `${metric.count} values${metric.unit === "" ? "" : `, ${metric.unit}`}${metric.sum === undefined ? "" : `, sum ${metric.sum}`}`,
      ...(metric.attributes.length > 0 ? [`attributes ${metric.attributes.join(", ")}`] : []),
      ...(metric.bounds.length > 0 ? [`bounds ${metric.bounds.join(", ")}`] : []),
    ]),
  );
}

function statedLogs(expected: Expected, json: JsonObject): Entry[] {
  if (expected.noLogs) {
    return [entry("logs", ["no line"])];
  }
  return [
    ...numbered(
      "log",
      expected.logs.map(({ level, contains }) => [
        `${level || "any"}: … ${contains.join(" … ")} …`,
      ]),
    ),
    entry("logs", [
      ...(states(json, "logs") ? [String(expected.logs.length)] : []),
      ...expected.someLogs.map(
        ({ level, contains, count }) =>
          `${count ?? "some"}: ${level || "any"}: … ${contains.join(" … ")} …`,
      ),
    ]),
  ];
}

function someEvent({ type, fields, count }: Event): string {
  return [`${count ?? "some"}: ${type}`, ...attributes(fields)].join(", ");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
