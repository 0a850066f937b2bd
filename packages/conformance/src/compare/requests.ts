import type { JsonObject } from "@bufbuild/protobuf";
import type { Expected, Request, SeenRequest, Span } from "@ameideio/conformance-proto";
import { textsOf } from "./envelopes.js";
import { type Difference, listOf, states, Step } from "./difference.js";
import { matchesText } from "./text.js";

/** Request as the runner knows it, from the adapter's report or the fault server's records. */
export type Arrived = Pick<
  SeenRequest,
  "method" | "headers" | "bodySha256" | "atMs" | "body" | "canceled"
> & {
  /** True if the script had no answer left for it. */
  readonly exhausted?: boolean;
  /** Number of the connection; absent in memory. */
  readonly connection?: number;
  /** HTTP version, `1.1` or `2`; absent in memory, and if nothing was read. */
  readonly http?: string;
};

/** Compares the requests that arrived with those that a case states. */
export function compareRequests(
  expected: Expected,
  json: JsonObject,
  { requests: seen, spans }: { requests: readonly Arrived[]; spans: readonly Span[] },
  found: Difference[],
): void {
  const stated = listOf(json, "requests");
  const count = states(json, "requests") ? stated.length : expected.requestCount;
  if (count !== seen.length) {
    new Step("requests", found).differs("number", count, seen.length);
  }
  seen.forEach(({ exhausted }, i) => {
    if (exhausted === true) {
      new Step(`request ${i + 1}`, found).differs("", "an answer in the script", "none is left");
    }
  });
  if (expected.connections !== undefined) {
    const connections = new Set(seen.map(({ connection }) => connection)).size;
    new Step("requests", found).equal("connections", expected.connections, connections);
  }
  expected.requests.forEach((request, i) => {
    const arrived = seen[i];
    if (arrived === undefined) {
      return;
    }
    const step = new Step(`request ${i + 1}`, found);
    compareHeaders(request, arrived, seen, step);
    compareTimeout(request, arrived, step);
    compareParent(request, arrived, spans, step);
    compareRest(request, { arrived, before: seen[i - 1], all: seen }, step);
    if (request.canceled !== undefined) {
      step.equal("canceled", request.canceled, arrived.canceled);
    }
    if (request.http !== "") {
      step.equal("HTTP version", request.http, arrived.http ?? "");
    }
    if (states(stated[i] ?? {}, "texts")) {
      step.equal("texts", request.texts, textsOf(arrived));
    }
  });
}

/** Returns the values of a header of a request, in order. */
export function headerValues({ headers }: Pick<Arrived, "headers">, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter((header) => header.name.toLowerCase() === wanted).map(({ value }) => value);
}

/** Returns the timeout on the wire in milliseconds (`connect-timeout-ms`, `grpc-timeout`). */
export function wireTimeout(arrived: Pick<Arrived, "headers">): number | undefined {
  const [connect] = headerValues(arrived, "connect-timeout-ms");
  if (connect !== undefined) {
    return /^\d{1,10}$/.test(connect) ? Number(connect) : Number.NaN;
  }
  const [grpc] = headerValues(arrived, "grpc-timeout");
  if (grpc === undefined) {
    return undefined;
  }
  const [, amount, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(grpc) ?? [];
  return Number(amount) * (GRPC_UNITS.get(unit) ?? Number.NaN);
}

// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
const GRPC_UNITS = new Map([
  ["H", 3_600_000],
  ["M", 60_000],
  ["S", 1000],
  ["m", 1],
  ["u", 1e-3],
  ["n", 1e-6],
]);

function compareHeaders(
  request: Request,
  arrived: Arrived,
  all: readonly Arrived[],
  step: Step,
): void {
  for (const [name, stated] of Object.entries(request.headers)) {
    const values = headerValues(arrived, name);
    const [value] = values;
    const what = `header ${name}`;
    if (value === undefined || values.length > 1) {
      step.differs(what, `one value: ${stated}`, values.length === 0 ? "absent" : values);
      continue;
    }
    const [, sign, number] = /^([=!])(\d+)$/.exec(stated) ?? [];
    if (sign === undefined) {
      if (!matchesText(stated, value)) {
        step.differs(what, stated, value);
      }
      continue;
    }
    const other = all[Number(number) - 1];
    const others = other === undefined ? [] : headerValues(other, name);
    const equal = others.length === 1 && others[0] === value;
    if (equal !== (sign === "=")) {
      const rule = `${sign === "=" ? "as" : "other than"} in request ${number}`;
      step.differs(what, `${rule} (${others.join(", ") || "absent"})`, value);
    }
  }
  for (const [name, stated] of Object.entries(request.combinedHeaders)) {
    const value = headerValues(arrived, name).join(", ");
    if (!matchesText(stated, value)) {
      step.differs(`header ${name}`, stated, value);
    }
  }
  for (const name of request.absent) {
    const values = headerValues(arrived, name);
    if (values.length > 0) {
      step.differs(`header ${name}`, "absent", values);
    }
  }
}

function compareParent(
  request: Request,
  arrived: Arrived,
  spans: readonly Span[],
  step: Step,
): void {
  if (request.span === undefined) {
    return;
  }
  const [parent, ...more] = headerValues(arrived, "traceparent");
  const [, traceId, spanId] = (parent ?? "").split("-");
  const named = spans.findIndex((span) => span.spanId === spanId && span.traceId === traceId) + 1;
  if (named !== request.span || more.length > 0) {
    step.differs("traceparent", `span ${request.span}`, named > 0 ? `span ${named}` : parent);
  }
}

function compareTimeout(request: Request, arrived: Arrived, step: Step): void {
  const timeout = wireTimeout(arrived);
  if (request.noTimeout && timeout !== undefined) {
    step.differs("timeout", "none", timeout);
  }
  if (request.timeoutMs !== undefined) {
    step.equal("timeout", request.timeoutMs, timeout);
  }
  bounds("timeout", timeout, { min: request.minTimeoutMs, max: request.maxTimeoutMs }, step);
}

function compareRest(
  request: Request,
  {
    arrived,
    before,
    all,
  }: { arrived: Arrived; before: Arrived | undefined; all: readonly Arrived[] },
  step: Step,
): void {
  if (request.httpMethod !== "") {
    step.equal("HTTP method", request.httpMethod, arrived.method);
  }
  if (request.sameBodyAs !== undefined) {
    const other = all[request.sameBodyAs - 1]?.bodySha256 || "not read";
    const own = arrived.bodySha256 || "not read";
    if (other !== own || own === "not read") {
      step.differs("body", `that of request ${request.sameBodyAs} (${other})`, own);
    }
  }
  if (request.otherBodyThan !== undefined) {
    const other = all[request.otherBodyThan - 1]?.bodySha256 || "not read";
    const own = arrived.bodySha256 || "not read";
    if (other === own || own === "not read") {
      step.differs("body", `other than that of request ${request.otherBodyThan} (${other})`, own);
    }
  }
  for (const same of [true, false]) {
    const number = same ? request.sameConnectionAs : request.otherConnectionThan;
    if (number === undefined) {
      continue;
    }
    const other = all[number - 1]?.connection;
    if ((other === arrived.connection) !== same || other === undefined) {
      const rule = `${same ? "that of" : "another than"} request ${number} (${other})`;
      step.differs("connection", rule, arrived.connection);
    }
  }
  const gap = before === undefined ? undefined : arrived.atMs - before.atMs;
  bounds("gap", gap, { min: request.minGapMs, max: request.maxGapMs }, step);
}

/** Compares a number with bounds, if they are stated. */
export function bounds(
  what: string,
  seen: number | undefined,
  { min, max }: { min: number | undefined; max: number | undefined },
  step: Step,
): void {
  const rounded = seen === undefined ? undefined : Math.round(seen * 100) / 100;
  if (min !== undefined && !(seen !== undefined && seen >= min)) {
    step.differs(what, `at least ${min} ms`, rounded);
  }
  if (max !== undefined && !(seen !== undefined && seen <= max)) {
    step.differs(what, `at most ${max} ms`, rounded);
  }
}
