import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { holdsText } from "./text.js";

/** One difference from a case. */
export interface Difference {
  /** Place in the timeline: `request 2`, `outcome 1`, `budget`. */
  readonly step: string;
  /** Part of the step: `header x-request-id`. Empty for the step itself. */
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
}

/** Collects the differences of one step. */
export class Step {
  constructor(
    private readonly name: string,
    private readonly found: Difference[],
  ) {}

  differs(what: string, expected: unknown, seen: unknown): void {
    this.found.push({ step: this.name, what, expected: show(expected), seen: show(seen) });
  }

  /** Compares as JSON; fractions that differ only by rounding are equal. */
  equal(what: string, expected: unknown, seen: unknown): void {
    if (!same(expected, seen)) {
      this.differs(what, expected, seen);
    }
  }

  /** Compares as {@link holdsText} does. */
  holds(what: string, text: string, seen: string): void {
    if (!holdsText(text, seen)) {
      this.differs(what, `… ${text} …`, seen);
    }
  }
}

/** Reports whether a case states a member. */
export function states(json: JsonObject, name: string): boolean {
  return json[name] !== undefined;
}

/** Returns a list of a case's JSON; empty if it is not stated. */
export function listOf(json: JsonObject, name: string): readonly JsonObject[] {
  return (json[name] ?? []) as readonly JsonObject[];
}

/** Reports whether two values are the same JSON, whatever the order of keys. */
export function same(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") {
    if (Number.isInteger(a) && Number.isInteger(b)) {
      return a === b;
    }
    return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  }
  if (typeof a === "bigint" || typeof b === "bigint") {
    return String(a) === String(b);
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return a === b;
  }
  if (Array.isArray(a) !== Array.isArray(b)) {
    return false;
  }
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && same(value, right.get(key)))
  );
}

/** Formats a value for people. */
export function show(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  if (typeof value === "string") {
    return value === "" ? '""' : value;
  }
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "bigint" ? Number(member) : (member as JsonValue),
  );
}
