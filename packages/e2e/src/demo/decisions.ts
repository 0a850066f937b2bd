import type { CallEvent } from "@ameideio/ameide-sdk-ts";
import type { Trial } from "./trial.js";

/**
 * Where the decisions of two SDKs differ about one fault, in words: the end of the calls, how often each
 * was tried, what each failure was taken for, and what the servers counted. Times are left out.
 *
 * @returns the first difference; undefined where there is none.
 */
export function firstDifference(one: Trial, other: Trial): string | undefined {
  const [expected, seen] = [decisionsOf(one), decisionsOf(other)];
  const index = expected.findIndex((line, i) => line !== seen[i]);
  if (index >= 0) {
    return `${seen[index] ?? "nothing"}, not ${expected[index]}`;
  }
  return seen.length === expected.length ? undefined : `also ${seen[expected.length]}`;
}

function decisionsOf(trial: Trial): string[] {
  const calls = new Map<string, string[]>();
  for (const { event } of trial.events) {
    const told = decisionIn(event);
    if (told !== undefined) {
      calls.set(event.requestId, [...(calls.get(event.requestId) ?? []), told]);
    }
  }
  const { calls: counted, billed, otherHost } = trial.server;
  return [
    `outcome ${trial.outcome}`,
    `${trial.attempts.length} attempts`,
    `${new Set(trial.attempts.map(({ idempotencyKey }) => idempotencyKey ?? "none")).size} keys`,
    ...Object.entries(counted)
      .map(([name, count]) => `${count} ${name}`)
      .toSorted(),
    `billed ${billed}`,
    `${otherHost} at the other host`,
    // Calls that go on at once have no order.
    ...[...calls.values()].map((each) => each.join(", then ")).toSorted(),
  ];
}

function decisionIn(event: CallEvent): string | undefined {
  switch (event.type) {
    case "attempt_started":
      return `attempt ${event.attempt}`;
    case "attempt_failed":
      return `${event.class}, sent ${event.sent}${event.stopReason ? `, stopped: ${event.stopReason}` : ""}`;
    case "waiting":
      return event.kind;
    case "done":
      return event.code ?? "ok";
    case "would_have":
      return undefined;
  }
}
