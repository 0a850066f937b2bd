import type { RunResponse } from "@ameideio/conformance-proto";
import { type Difference, Step } from "./difference.js";

/** Longest string and JSON form of an error, in characters. */
const MAX_ERROR = 64 * 1024;
/** Longest log line, and longest event. */
const MAX_LINE = 16 * 1024;

// Control characters, bare or as JSON escapes them.
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]|\\(?:[bfnrt]|u00[01]|u007f|u00[89]|u202[89])/u;

/** Checks texts for logs and terminals: they are short, and have no control characters. */
export function comparePrinted(response: RunResponse, found: Difference[]): void {
  const { outcomes, logs, events } = response;
  outcomes.forEach(({ error }, i) => {
    // The adapter puts the two forms of an error on a line each.
    const [string = "", ...json] = error?.text.split("\n") ?? [];
    const step = new Step(`outcome ${i + 1}`, found);
    compareOne(string, MAX_ERROR, step);
    compareOne(json.join("\n"), MAX_ERROR, step);
  });
  logs.forEach(({ text }, i) => compareOne(text, MAX_LINE, new Step(`log ${i + 1}`, found)));
  events.forEach((text, i) => compareOne(text, MAX_LINE, new Step(`event ${i + 1}`, found)));
}

function compareOne(text: string, maxLength: number, step: Step): void {
  if (text.length > maxLength) {
    step.differs("length", `at most ${maxLength} characters`, text.length);
  }
  // A backslash of the text itself is doubled in JSON.
  const at = CONTROL.exec(text.replaceAll("\\\\", "  "));
  if (at !== null) {
    const around = JSON.stringify(text.slice(Math.max(0, at.index - 40), at.index + 20));
    step.differs("text", "no control characters", around);
  }
}
