import type { AttemptFailed, AttemptStarted, CallEvent } from "@ameideio/ameide-sdk-ts";
import type { Comparison } from "./compare.js";
import { type Decision, decisionOf } from "./decision.js";
import type { Style } from "./style.js";
import type { Seen, Trial } from "./trial.js";
import { plural } from "./words.js";

const SERVER_COLUMN = 52;

/**
 * Shows one call in detail, as the observer of the SDK told it, beside the servers' counts of the
 * time. Of many calls at once it is the first.
 */
export function timeline(number: number, comparison: Comparison, style: Style): string {
  const { fault, ameide: trial, facts } = comparison;
  const [first] = trial.events;
  if (first === undefined) {
    return `${number} ${fault.title}: the SDK told nothing`;
  }
  const { requestId, method } = first.event;
  const seen = trial.events.filter(({ event }) => event.requestId === requestId);
  const decision = decisionOf(fault, facts);
  const lines = [heading(number, method, trial, requestId)];
  let counted = "";
  for (const entry of seen) {
    const server = fault.counted(entry.server);
    const note = server === counted ? `server: still ${server}` : `server: ${server}`;
    const told = tell(entry, trial, decision);
    if (told === undefined) {
      continue;
    }
    const start = `${String(Math.round(entry.event.atMs)).padStart(5)} ms ${told.text}`;
    lines.push(told.counted ? `${start.padEnd(SERVER_COLUMN)} ${note}` : start);
    if (told.counted) {
      counted = server;
    }
    if (told.reason !== undefined) {
      lines.push(style.dim(`         ${told.reason}`));
    }
  }
  if (trial.outcome === "pending") {
    lines.push(`${String(Math.round(trial.durationMs)).padStart(5)} ms … no answer yet`);
    lines.push(style.dim(`         not cut off, for none may follow: ${decision.fact}`));
  }
  for (const { trial: other, difference } of comparison.others) {
    const told = difference === undefined ? "same decisions ✓" : `differs: ${difference}`;
    lines.push(`         ${other.sdk}: ${told}`);
  }
  if (decision.place === "end") {
    lines.push(style.dim(`         ${decision.fact}`));
  }
  if (decision.tryThis !== undefined) {
    lines.push(`  try: ${decision.tryThis}`);
  }
  return lines.join("\n");
}

function heading(number: number, method: string, trial: Trial, requestId: string): string {
  const calls = new Set(trial.events.map(({ event }) => event.requestId)).size;
  const name = method.replace(/^.*?(\w+)\.v\d+\.\w+\//, "$1.");
  const many = calls > 1 ? `, the first of ${calls} calls` : "";
  const key = trial.attempts[0]?.idempotencyKey ?? "";
  const keyed = key === "" ? "" : `  key ${key.slice(0, 4)}…`;
  return `${number} ${name}${many}  id ${requestId.slice(0, 8)}…${keyed}`;
}

interface Told {
  readonly text: string;
  /** True if the servers' counts belong beside it. */
  readonly counted?: boolean;
  /** A line below it. */
  readonly reason?: string;
}

function tell({ event }: Seen, trial: Trial, decision: Decision): Told | undefined {
  switch (event.type) {
    case "attempt_started":
      return { text: `▶ ${started(event, trial)}` };
    case "attempt_failed":
      return {
        text: `✗ ${failed(event, trial)}`,
        counted: true,
        reason: `${event.class} → ${next(event, trial.events, decision)}`,
      };
    case "done":
      if (event.code === undefined) {
        return { text: "✓ ok", counted: true };
      }
      return {
        text: `■ ${event.code}, ${plural(event.attempts, "attempt")}`,
        counted: true,
      };
    case "waiting":
    case "would_have":
      return undefined;
  }
}

function started({ attempt, timeoutMs, requestId }: AttemptStarted, trial: Trial): string {
  const mine = trial.attempts.filter((sent) => sent.requestId === requestId);
  const [first, now] = [mine[0], mine[attempt - 1]];
  const same: string[] = [];
  if (attempt > 1 && first !== undefined && now !== undefined) {
    same.push("same id");
    if (first.idempotencyKey !== null && now.idempotencyKey === first.idempotencyKey) {
      same.push("same key");
    }
  }
  return [`#${attempt}`, [...same, `timeout ${timeoutMs ?? "none"}`].join(", ")].join(" ");
}

function failed(
  { attempt, httpStatus, retryAfterMs, message, requestId }: AttemptFailed,
  trial: Trial,
) {
  const sent = trial.attempts.filter((one) => one.requestId === requestId)[attempt - 1];
  if (sent?.brokenOff === "reset") {
    return `reset, request had ${sent.read === "body" ? "" : "not "}been read`;
  }
  // Names the limit only; its source and where the time went would fill a line of their own.
  if (sent?.brokenOff === "stall") {
    return `${message.split(" (", 1)[0]}, answer had stalled`;
  }
  const hint = retryAfterMs === undefined ? "" : `, come back in ${retryAfterMs} ms`;
  return httpStatus === undefined ? message : `HTTP ${httpStatus}${hint}`;
}

function next(event: AttemptFailed, events: readonly Seen[], decision: Decision): string {
  if (event.stopReason !== undefined) {
    // Leaves out where a limit is stated, and the server's request: they would fill a line of their
    // own.
    const [words = ""] = event.explanation.replace(/^not retried: /, "").split(/; | \(/, 1);
    return `stopped: ${event.stopReason}: ${decision.place === "stop" ? decision.fact : words}`;
  }
  const kind = events
    .map((seen): CallEvent => seen.event)
    .find((other) => other.type === "waiting" && other.atMs >= event.atMs);
  const how = kind?.type === "waiting" && kind.kind === "replay" ? "replay" : "retry";
  const wait = event.delayMs ? ` after ${Math.round(event.delayMs)} ms` : "";
  return `${how}${wait}: ${decision.place === "retry" ? decision.fact : event.explanation}`;
}
