import { EventError } from "./event_error.js";
import { checkText } from "./well_formed.js";

/** Names that the specification, or a field of the message, has already. */
const TAKEN = [
  "data",
  "datacontenttype",
  "id",
  "source",
  "specversion",
  "subject",
  "tenantid",
  "time",
  "type",
];

/**
 * Returns a text without the white space around it: spaces, tabs, line breaks, of ASCII alone, so that
 * every SDK cuts the same.
 *
 * @throws EventError `invalid` if it is no text, or has a surrogate without its other half.
 */
export function trimmed(field: string, value: unknown): string {
  if (value === undefined || value === null) {
    return "";
  }
  if (typeof value !== "string") {
    throw new EventError("invalid", field, "must be text");
  }
  checkText(field, value);
  let start = 0;
  let end = value.length;
  while (start < end && isSpace(value.charCodeAt(start))) {
    start++;
  }
  while (end > start && isSpace(value.charCodeAt(end - 1))) {
    end--;
  }
  return value.slice(start, end);
}

/** The same for a text that must not be empty. */
export function required(field: string, value: unknown): string {
  const text = trimmed(field, value);
  if (text === "") {
    throw new EventError("missing", field, "must not be empty");
  }
  return text;
}

/** Checks the attributes of an event that is made. */
export function checkExtensions(extensions: Readonly<Record<string, string>>) {
  const checked: Record<string, string> = {};
  for (const name of Object.keys(extensions).sort()) {
    const field = `extensions.${name}`;
    if (!/^[a-z0-9]{1,20}$/.test(name)) {
      throw new EventError("invalid", field, "has a name that is not 1 to 20 of a-z and 0-9");
    }
    if (TAKEN.includes(name)) {
      throw new EventError("invalid", field, "is an attribute, and no extension");
    }
    checked[name] = required(field, extensions[name]);
  }
  return checked;
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
