import type { StopReason } from "@ameideio/ameide-sdk-ts";
import type { Trial } from "./trial.js";

/** Bounds of a measured number, both included. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/** Expected end of a trial. Absent members are not checked. */
export interface Expected {
  readonly outcome: string;
  /** Default: none. */
  readonly stopReason?: StopReason;
  /** Number of wire attempts. */
  readonly attempts: number;
  readonly billed?: number;
  readonly tokens?: number;
  readonly otherHost?: number;
  readonly waitedMs?: Between;
  readonly durationMs?: Between;
}

/** Lists the deviations of a trial from its expected end, in words; empty if there are none. */
export function deviations(trial: Trial, expected: Expected): string[] {
  const { stopReason, ...rest } = expected;
  const wanted = { ...rest, stopReason };
  const actual: Record<keyof Expected, string | number | undefined> = {
    outcome: trial.outcome,
    stopReason: trial.stopReason,
    attempts: trial.attempts.length,
    billed: trial.server.billed,
    tokens: tokensIssued(trial),
    otherHost: trial.server.otherHost,
    waitedMs: trial.waitedMs,
    durationMs: Math.round(trial.durationMs),
  };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const is = actual[name as keyof Expected];
    if (typeof value !== "object") {
      return is === value ? [] : [`${name} is ${is ?? "none"}, not ${value ?? "none"}`];
    }
    const inside = typeof is === "number" && is >= value.from && is <= value.to;
    return inside ? [] : [`${name} is ${is ?? "none"}, not ${value.from} to ${value.to}`];
  });
}

/** How many tokens the server issued. */
export function tokensIssued({ server }: Pick<Trial, "server">): number {
  return server.calls["IssueServiceToken"] ?? 0;
}
