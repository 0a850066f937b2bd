import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Path, Report } from "./check_shape.js";
import {
  CLASSES,
  CODES,
  FORMATS,
  HTTP_CLIENTS,
  HTTP_VERSIONS,
  METHODS,
  ORIGINS,
  PROTOCOLS,
  SENT,
  STOP_REASONS,
} from "./vocabulary.js";

/** Expectations that only one of the layers can measure. */
const MEMORY_ONLY = ["sleeps", "longest_timer_ms"];
const EXPECTED_ON_WIRE_ONLY = ["connections"];
const ANSWERS_ON_WIRE_ONLY = ["informational", "before_body", "reset_code", "closes"];
const WIRE_ONLY = ["min_gap_ms", "max_gap_ms", "min_timeout_ms", "max_timeout_ms"];
const OF_CONNECTIONS = ["same_connection_as", "other_connection_than"];

/** Members of a cancel besides its time. */
const HOW_TO_CANCEL = ["as_timeout", "first_only"];

/**
 * Deeds of a watcher that only fails, allowed at any event; other deeds change what comes after.
 */
const DEEDS_ANYWHERE = ["DEED_THROW", "DEED_REJECT"];

/** Checks rules of one case that the schema cannot express. `json` has the shape of a Case. */
export function checkMeaning(json: JsonObject, path: Path, report: Report): void {
  const at = (...more: Path) => [...path, ...more];
  const layer = json.layer;
  if (typeof json.name !== "string" || !/^\S+ \S/.test(json.name)) {
    report(at("name"), "must be an id, a space and a name");
  }
  if (layer !== "LAYER_MEMORY" && layer !== "LAYER_WIRE") {
    report(at("layer"), "must be memory or wire");
  }
  checkSteps(member(json, "given"), at("given"), report);
  checkWords(json.http, HTTP_VERSIONS, at("http"), report);
  checkWords(json.formats, FORMATS, at("formats"), report);
  checkWords(json.protocols, PROTOCOLS, at("protocols"), report);
  checkWords(json.http_clients, HTTP_CLIENTS, at("http_clients"), report);
  if (json.http !== undefined && layer === "LAYER_MEMORY") {
    report(at("http"), "HTTP versions are told apart in the wire layer only");
  }
  const server = member(json, "server");
  const answers = [...items(server.answers), member(server, "otherwise")];
  for (const key of layer === "LAYER_MEMORY" ? ANSWERS_ON_WIRE_ONLY : []) {
    if (answers.some((answer) => answer[key] !== undefined)) {
      report(at("server"), `${key} is for the wire layer only`);
    }
  }
  if (layer === "LAYER_MEMORY") {
    checkServerInMemory(server, answers, at("server"), report);
  }
  const expect = member(json, "expect");
  if (expect.outcomes === undefined) {
    report(at("expect"), "outcomes is missing");
  }
  if ((expect.requests === undefined) === (expect.request_count === undefined)) {
    report(at("expect"), "exactly one of requests and request_count must be there");
  }
  for (const key of MEMORY_ONLY) {
    if (layer === "LAYER_WIRE" && expect[key] !== undefined) {
      report(at("expect", key), "is for the memory layer only");
    }
  }
  for (const key of EXPECTED_ON_WIRE_ONLY) {
    if (layer === "LAYER_MEMORY" && expect[key] !== undefined) {
      report(at("expect", key), "is for the wire layer only");
    }
  }
  items(expect.outcomes).forEach((outcome, i) => {
    const place = at("expect", "outcomes", i);
    checkOutcome(outcome, place, report);
    if (layer === "LAYER_WIRE" && outcome.headers_ms !== undefined) {
      report([...place, "headers_ms"], "is for the memory layer only");
    }
  });
  if (layer === "LAYER_MEMORY" && expect.process_ends === true) {
    report(at("expect", "process_ends"), "is for the wire layer only");
  }
  // The process would keep it for all other cases too.
  if (member(json, "given").left_open === true && expect.process_ends !== true) {
    report(at("given", "left_open"), "is for cases that expect process_ends only");
  }
  const requests = items(expect.requests);
  requests.forEach((request, i) => {
    const place = at("expect", "requests", i);
    checkRequest(request, requests.length, place, report);
    for (const key of WIRE_ONLY) {
      if (layer === "LAYER_MEMORY" && request[key] !== undefined) {
        report([...place, key], "is for the wire layer only; timeout_ms and sleeps are exact");
      }
    }
    for (const key of OF_CONNECTIONS) {
      if (layer === "LAYER_MEMORY" && request[key] !== undefined) {
        report([...place, key], "is for the wire layer only");
      }
    }
  });
}

function checkServerInMemory(
  server: JsonObject,
  answers: readonly JsonObject[],
  path: Path,
  report: Report,
): void {
  const stated = [
    server.max_concurrent_streams !== undefined && "max_concurrent_streams",
    ...answers.map(
      ({ stall_at, stream }) =>
        (stall_at === "MOMENT_CONNECTION" && "stall_at: connection") ||
        ((stream as JsonObject | undefined)?.end === "STREAM_END_SILENCE" && "end: silence"),
    ),
  ];
  for (const what of stated) {
    if (typeof what === "string") {
      report(path, `${what} is for the wire layer only`);
    }
  }
}

/** Reports whether a case expects every call to fail; such a case needs a control. */
export function isNegative(json: JsonObject): boolean {
  const outcomes = items(member(json, "expect").outcomes);
  return outcomes.length > 0 && outcomes.every((outcome) => outcome.code !== undefined);
}

function checkSteps(given: JsonObject, path: Path, report: Report): void {
  const client = member(given, "client");
  checkSettings(client.settings, [...path, "client", "settings"], report);
  items(client.watchers).forEach(({ who, at, does }, i) => {
    const acts = typeof does === "string" && !DEEDS_ANYWHERE.includes(does);
    if (acts && who !== "telemetry" && (at ?? "") === "") {
      report([...path, "client", "watchers", i], "does not say at which events");
    }
  });
  const steps = items(given.steps);
  if (steps.length === 0) {
    report(path, "steps is missing");
  }
  const clients = new Set([""]);
  steps.forEach((step, i) => {
    const place = [...path, "steps", i];
    const call = member(step, "call");
    const method = step.call === undefined ? step.explain : call.method;
    if (step.call !== undefined || step.explain !== undefined) {
      if (typeof method !== "string" || !METHODS.has(method)) {
        report(place, `there is no method ${JSON.stringify(method) ?? "without a name"}`);
      }
    }
    const cancel = call.cancel as JsonObject | undefined;
    if (cancel !== undefined && Object.keys(cancel).every((key) => HOW_TO_CANCEL.includes(key))) {
      report([...place, "call", "cancel"], "does not say when");
    }
    for (const part of ["call", "derive", "paginate"]) {
      checkSettings(member(step, part).settings, [...place, part, "settings"], report);
    }
    const derive = member(step, "derive");
    for (const name of [call.client, derive.from]) {
      if (typeof name === "string" && !clients.has(name)) {
        report(place, `there is no client ${name} yet`);
      }
    }
    if (typeof derive.name === "string") {
      clients.add(derive.name);
    }
  });
}

// An absent value means one thing to an adapter and another to the model.
function checkSettings(settings: JsonValue | undefined, path: Path, report: Report): void {
  const { auth } = (settings ?? {}) as JsonObject;
  if (auth !== undefined && Object.keys(auth as JsonObject).length === 0) {
    report([...path, "auth"], "says nothing; auth_null is no credential");
  }
}

function checkOutcome(outcome: JsonObject, path: Path, report: Report): void {
  if ((outcome.ok === undefined) === (outcome.code === undefined)) {
    report(path, "exactly one of ok and code must be there");
  }
  checkWord(outcome.code, CODES, [...path, "code"], report);
  checkWord(outcome.origin, ORIGINS, [...path, "origin"], report);
  checkWord(outcome.stop_reason, [...STOP_REASONS, "none"], [...path, "stop_reason"], report);
  items(outcome.attempts).forEach((attempt, i) => {
    checkWord(attempt.code, CODES, [...path, "attempts", i, "code"], report);
    checkWord(attempt.class, CLASSES, [...path, "attempts", i, "class"], report);
    checkWord(attempt.sent, SENT, [...path, "attempts", i, "sent"], report);
  });
}

type Texts = Readonly<Record<string, string>>;

function checkRequest(request: JsonObject, count: number, path: Path, report: Report): void {
  for (const [name, value] of Object.entries(member(request, "headers") as Texts)) {
    const place = [...path, "headers", name];
    const other = /^[=!](\d+)$/.exec(value)?.[1];
    if (other !== undefined && (Number(other) < 1 || Number(other) > count)) {
      report(place, `there is no request ${other}`);
    }
    const pattern = /^\/(.*)\/$/s.exec(value)?.[1];
    if (pattern !== undefined && !compiles(pattern)) {
      report(place, "is no regular expression");
    }
  }
  for (const key of ["same_body_as", "other_body_than", ...OF_CONNECTIONS]) {
    const other = request[key];
    if (typeof other === "number" && (other < 1 || other > count)) {
      report([...path, key], `there is no request ${other}`);
    }
  }
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").source !== "";
  } catch {
    return false;
  }
}

function checkWords(
  value: JsonValue | undefined,
  words: readonly string[],
  path: Path,
  report: Report,
): void {
  if (!Array.isArray(value)) {
    return;
  }
  value.forEach((word, i) => checkWord(word, words, [...path, i], report));
}

function checkWord(
  value: JsonValue | undefined,
  words: readonly string[],
  path: Path,
  report: Report,
): void {
  if (value !== undefined && !words.includes(value as string)) {
    report(path, `must be one of ${words.join(", ")}, is ${JSON.stringify(value)}`);
  }
}

function member(json: JsonObject, name: string): JsonObject {
  return (json[name] ?? {}) as JsonObject;
}

function items(value: JsonValue | undefined): readonly JsonObject[] {
  return (value ?? []) as readonly JsonObject[];
}
