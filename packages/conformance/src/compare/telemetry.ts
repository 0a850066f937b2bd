import type { JsonObject } from "@bufbuild/protobuf";
import type { Expected, Metric, RunResponse, Span } from "@ameideio/conformance-proto";
import { type Difference, listOf, show, states, Step } from "./difference.js";
import { holdsText, matchesText } from "./text.js";

/** Compares spans, metrics, log lines and events. */
export function compareTelemetry(
  expected: Expected,
  json: JsonObject,
  seen: RunResponse,
  found: Difference[],
): void {
  if (states(json, "spans")) {
    compareSpans(expected, json, seen, found);
  }
  compareMetrics(expected, json, seen, found);
  compareLogs(expected, json, seen, found);
  compareSomeEvents(expected, seen, found);
  if (states(json, "events")) {
    new Step("events", found).equal("", expected.events, seen.events.map(eventType));
  }
}

/** Returns the type of an observer's event, which comes as JSON. */
export function eventType(event: string): string {
  try {
    const { type } = JSON.parse(event) as { type?: unknown };
    return typeof type === "string" ? type : `no type: ${event}`;
  } catch {
    return `no JSON: ${event}`;
  }
}

function compareSpans(
  expected: Expected,
  json: JsonObject,
  seen: RunResponse,
  found: Difference[],
): void {
  if (expected.spans.length !== seen.spans.length) {
    const names = seen.spans.map(({ name }) => name).join(", ");
    const number = `${seen.spans.length}: ${names}`;
    new Step("spans", found).differs("number", expected.spans.length, number);
  }
  const jsons = listOf(json, "spans");
  expected.spans.forEach((span, i) => {
    const ended = seen.spans[i];
    if (ended === undefined) {
      return;
    }
    compareSpan(span, jsons[i] ?? {}, ended, new Step(`span ${i + 1}`, found));
  });
}

function compareSpan(span: Span, json: JsonObject, seen: Span, step: Step): void {
  if (span.name !== "") {
    step.equal("name", span.name, seen.name);
  }
  compareAttributes(span.attributes, seen.attributes, step);
  for (const name of span.absent) {
    if (seen.attributes[name] !== undefined) {
      step.differs(name, "absent", seen.attributes[name]);
    }
  }
  if (states(json, "parent")) {
    step.equal("parent", span.parent, seen.parent);
  }
  if (states(json, "error")) {
    step.equal("ended as an error", span.error, seen.error);
  }
  if (span.durationMs !== undefined) {
    // Epoch times in a double, as in spans, are precise to a quarter of a microsecond.
    const rounded = Math.round((seen.durationMs ?? Number.NaN) * 1000) / 1000;
    step.equal("duration", span.durationMs, rounded);
  }
  if (!states(json, "events")) {
    return;
  }
  const names = (events: Span["events"]) => events.map(({ name }) => name);
  step.equal("events", names(span.events), names(seen.events));
  span.events.forEach((event, i) => {
    compareAttributes(event.attributes, seen.events[i]?.attributes ?? {}, step, `event ${i + 1}: `);
  });
}

function compareAttributes(
  stated: Readonly<Record<string, string>>,
  seen: Readonly<Record<string, string>>,
  step: Step,
  prefix = "",
): void {
  for (const [name, value] of Object.entries(stated)) {
    const there = seen[name];
    if (there === undefined || !matchesText(value, there)) {
      step.differs(`${prefix}${name}`, value, there);
    }
  }
}

function compareMetrics(
  expected: Expected,
  json: JsonObject,
  seen: RunResponse,
  found: Difference[],
): void {
  const jsons = (json.metrics ?? {}) as Record<string, JsonObject>;
  for (const [name, metric] of Object.entries(expected.metrics)) {
    compareMetric(metric, jsons[name] ?? {}, seen.metrics[name], new Step(`metric ${name}`, found));
  }
}

function compareMetric(
  metric: Metric,
  json: JsonObject,
  seen: Metric | undefined,
  step: Step,
): void {
  if (states(json, "count")) {
    step.equal("number of values", metric.count, seen?.count ?? 0);
  } else if (seen === undefined) {
    step.differs("", "recorded", "not recorded");
  }
  if (seen === undefined) {
    return;
  }
  if (states(json, "unit")) {
    step.equal("unit", metric.unit, seen.unit);
  }
  if (states(json, "description")) {
    step.equal("description", metric.description, seen.description);
  }
  if (states(json, "attributes")) {
    step.equal("attributes", metric.attributes.toSorted(), seen.attributes.toSorted());
  }
  if (states(json, "bounds")) {
    step.equal("bounds", metric.bounds, seen.bounds);
  }
  if (metric.sum !== undefined) {
    step.equal("sum", metric.sum, seen.sum);
  }
}

function compareLogs(
  expected: Expected,
  json: JsonObject,
  seen: RunResponse,
  found: Difference[],
): void {
  const lines = seen.logs.map(({ level, text }) => `${level}: ${text}`);
  if (expected.noLogs && lines.length > 0) {
    new Step("logs", found).differs("", "no line", lines);
  }
  for (const { level, contains, count } of expected.someLogs) {
    const such = seen.logs.filter(
      (line) =>
        (level === "" || line.level === level) &&
        contains.every((text) => holdsText(text, line.text)),
    );
    if (count === undefined ? such.length > 0 : such.length === count) {
      continue;
    }
    const wanted = `${count ?? "at least 1"} such: ${level || "any"}: … ${contains.join(" … ")} …`;
    new Step("logs", found).differs("", wanted, `${such.length} of ${show(lines)}`);
  }
  if (!states(json, "logs")) {
    return;
  }
  if (expected.logs.length !== lines.length) {
    new Step("logs", found).differs("number", expected.logs.length, lines);
  }
  expected.logs.forEach((line, i) => {
    const written = seen.logs[i];
    if (written === undefined) {
      return;
    }
    const step = new Step(`log ${i + 1}`, found);
    if (line.level !== "") {
      step.equal("level", line.level, written.level);
    }
    for (const text of line.contains) {
      step.holds("", text, written.text);
    }
  });
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function compareSomeEvents(expected: Expected, seen: RunResponse, found: Difference[]): void {
  const events = seen.events.map(eventFields);
  for (const { type, fields, count } of expected.someEvents) {
    const stated = Object.entries({ type, ...fields });
    const such = events.filter((event) =>
      stated.every(([name, value]) => event[name] !== undefined && asText(event[name]) === value),
    );
    if (count === undefined ? such.length > 0 : such.length === count) {
      continue;
    }
    const wanted = `${count ?? "at least 1"} such: ${show(Object.fromEntries(stated))}`;
    new Step("events", found).differs("", wanted, `${such.length} of ${show(seen.events)}`);
  }
}

function eventFields(event: string): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(event);
    return typeof fields === "object" && fields !== null ? { ...fields } : {};
  } catch {
    return {};
  }
}
