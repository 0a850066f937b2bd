import { EventError } from "./event_error.js";

const LONE = /\p{Surrogate}/u;

/**
 * Checks a text: a surrogate without its other half has no UTF-8, and encoders put something else for
 * it.
 *
 * @throws EventError `invalid`.
 */
export function checkText(field: string, text: string): void {
  if (LONE.test(text)) {
    throw new EventError("invalid", field, "has a surrogate without its other half");
  }
}

/**
 * The same for all texts in JSON or in a message, the names of members too.
 *
 * @throws EventError `invalid`.
 */
export function checkTexts(field: string, value: unknown): void {
  if (typeof value === "string") {
    checkText(field, value);
  } else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    for (const [name, each] of Object.entries(value)) {
      checkText(field, name);
      checkTexts(field, each);
    }
  }
}

/** Cuts a name that anybody may have written, for errors. */
export function shownName(name: string): string {
  return Array.from(name.slice(0, 128)).slice(0, 64).join("");
}
