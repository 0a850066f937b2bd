import { create, type JsonObject, toJson, toJsonString } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  type Drained,
  type Expected,
  ExpectedSchema,
  type Explained,
  MetricSchema,
  type RunResponse,
  SeenErrorSchema,
  SpanSchema,
} from "@ameideio/conformance-proto";
import type { LoadedCase } from "../suite/load_file.js";
import { type Difference, states, Step } from "./difference.js";
import { compareOutcomes } from "./outcomes.js";
import { comparePrinted } from "./printed.js";
import { type Arrived, compareRequests } from "./requests.js";
import { compareTelemetry } from "./telemetry.js";

// Real timers count whole milliseconds from a time that was rounded down, so one of 500 ms may end
// after 499.1; on a virtual clock nothing is rounded.
const TIMER_RESOLUTION_MS = 1;

/** Observations of one run of a case. */
export interface Seen {
  readonly response: RunResponse;
  /**
   * Requests: in the memory layer as the adapter reports them, on the wire as the server recorded
   * them.
   */
  readonly requests: readonly Arrived[];
  /** Default `connect`. */
  readonly protocol?: string;
  /** End of the case's own process, if it had one: `by itself`, or what happened instead. */
  readonly processEnd?: string | undefined;
}

/**
 * Compares a run with its case. Things that the case does not state are not compared, with three
 * exceptions: the number of requests, that nothing is left behind, and that printed texts are short
 * and free of control characters.
 *
 * @returns Differences; none if all is well.
 */
export function compare(one: Pick<LoadedCase, "message" | "json">, seen: Seen): Difference[] {
  const found: Difference[] = [];
  const wire = one.json.layer === "LAYER_WIRE";
  const stated = one.message.expect ?? create(ExpectedSchema);
  const expected = wire ? onRealTimers(stated) : stated;
  const json = (one.json.expect ?? {}) as JsonObject;
  const { response } = seen;
  const anyOrder = wire && hasParallelCalls(one);
  compareRequests(expected, json, { requests: seen.requests, spans: response.spans }, found);
  if (expected.sleeps !== undefined) {
    // Languages differ in whether a wait of 0 is a wait, and it cannot be observed.
    const waits = (values: readonly number[]) => values.filter((ms) => ms > 0);
    new Step("waits", found).equal("", waits(expected.sleeps.values), waits(response.sleeps));
  }
  const { protocol = "connect" } = seen;
  compareOutcomes(expected.outcomes, json, { seen: response.outcomes, anyOrder, protocol }, found);
  compareNumbers(expected, json, response, found);
  compareExplained(expected.explained, response.explained, found);
  if (expected.policyHash !== "") {
    new Step("explain", found).equal("hash", expected.policyHash, response.policyHash);
  }
  for (const text of expected.explainContains) {
    new Step("explain", found).holds("text", text, response.explainText);
  }
  compareTelemetry(expected, json, response, found);
  compareSecrets(expected.secrets, response, found);
  comparePrinted(response, found);
  compareLeaks(response, one.message.given?.leftOpen === true, found);
  if (expected.processEnds) {
    new Step("process", found).equal("ends", "by itself", seen.processEnd);
  }
  return found;
}

function onRealTimers(expected: Expected): Expected {
  const early = (ms: number | undefined) => (ms === undefined ? ms : ms - TIMER_RESOLUTION_MS);
  return {
    ...expected,
    outcomes: expected.outcomes.map((one) => ({ ...one, minMs: early(one.minMs) })),
    requests: expected.requests.map((one) => ({ ...one, minGapMs: early(one.minGapMs) })),
  };
}

function hasParallelCalls({ message }: Pick<LoadedCase, "message">): boolean {
  const steps = message.given?.steps ?? [];
  return steps.some(({ action }) => action.case === "call" && action.value.parallel > 1);
}

function compareNumbers(
  expected: Expected,
  json: JsonObject,
  response: RunResponse,
  found: Difference[],
): void {
  if (expected.budget !== undefined) {
    new Step("budget", found).equal("tokens", expected.budget, response.budget);
  }
  if (expected.providerCalls !== undefined) {
    new Step("provider", found).equal("calls", expected.providerCalls, response.providerCalls);
  }
  // Where timers have no limit there is none to keep.
  if (expected.longestTimerMs !== undefined && response.longestTimerMs !== undefined) {
    new Step("timers", found).equal("longest", expected.longestTimerMs, response.longestTimerMs);
  }
  if (states(json, "drained")) {
    compareDrained(expected.drained, response.drained, found);
  }
  if (states(json, "items")) {
    new Step("items", found).equal("", expected.items, response.items);
  }
}

function compareDrained(
  stated: readonly Drained[],
  seen: readonly Drained[],
  found: Difference[],
): void {
  if (stated.length !== seen.length) {
    new Step("drained", found).differs("number", stated.length, seen.length);
  }
  stated.forEach(({ aborted, ms }, i) => {
    const step = new Step("drained", found);
    step.equal("aborted", aborted, seen[i]?.aborted);
    if (ms !== undefined) {
      step.equal("ms", ms, seen[i]?.ms);
    }
  });
}

function compareExplained(
  stated: Readonly<Record<string, Explained>>,
  seen: Readonly<Record<string, Explained>>,
  found: Difference[],
): void {
  for (const [name, { value, source }] of Object.entries(stated)) {
    const step = new Step(`explain ${name}`, found);
    const there = seen[name];
    if (there === undefined) {
      step.differs("", "explained", "not explained");
      continue;
    }
    if (value !== undefined) {
      const is = there.value === undefined ? undefined : toJson(ValueSchema, there.value);
      step.equal("value", toJson(ValueSchema, value), is);
    }
    if (!there.source.startsWith(source)) {
      step.differs("source", `${source}…`, there.source);
    }
  }
}

// The requests are not searched: they have to contain the secret.
function compareSecrets(
  secrets: readonly string[],
  response: RunResponse,
  found: Difference[],
): void {
  const places: (readonly [string, string])[] = [
    ...response.outcomes.flatMap(({ error }, i) =>
      error === undefined
        ? []
        : [[`outcome ${i + 1}`, error.text + toJsonString(SeenErrorSchema, error)] as const],
    ),
    ...response.logs.map(({ text }, i) => [`log ${i + 1}`, text] as const),
    ...response.spans.map((span, i) => [`span ${i + 1}`, toJsonString(SpanSchema, span)] as const),
    ...Object.entries(response.metrics).map(
      ([name, metric]) => [`metric ${name}`, toJsonString(MetricSchema, metric)] as const,
    ),
    ...response.events.map((event) => ["events", event] as const),
  ];
  for (const secret of secrets) {
    for (const [where, text] of places) {
      const at = text.indexOf(secret);
      if (at === -1) {
        continue;
      }
      const around = text.slice(Math.max(0, at - 40), at + secret.length + 20);
      new Step(where, found).differs("secret", `nowhere ${secret}`, `… ${around} …`);
    }
  }
}

function compareLeaks({ leaks }: RunResponse, leftOpen: boolean, found: Difference[]): void {
  const step = new Step("leaks", found);
  if (leaks === undefined) {
    step.differs("", "counted", "not reported");
    return;
  }
  if (!leftOpen) {
    step.equal("timers", 0, leaks.timers);
    step.equal("sockets", 0, leaks.sockets);
    step.equal("tasks", 0, leaks.tasks);
  }
  step.equal("listeners", 0, leaks.listeners);
  step.equal("errors that end a process", 0, leaks.unhandled);
  step.equal("warnings", 0, leaks.warnings);
}
