import type { JsonValue } from "@bufbuild/protobuf";
import { EventError } from "./event_error.js";
import { checkNames } from "./json_names.js";

/** Bytes of a text that is read, unless another limit is stated. */
export const MAX_BYTES = 1_048_576;

/** Arrays and objects within each other in a text that is read. */
export const MAX_DEPTH = 32;

/**
 * The same in data and payloads, so that they can be read again inside of a message inside of an
 * event.
 */
export const MAX_DATA_DEPTH = MAX_DEPTH - 2;

/** Bounds of a text. */
export interface BoundedOptions {
  /** Most bytes of UTF-8 that are read. Default: 1 048 576. */
  readonly maxBytes?: number | undefined;
}

/**
 * Parses JSON that anybody may have written.
 *
 * @param field - What the text is, for errors.
 * @throws EventError `nil`, `too_large` or `invalid`.
 */
export function parseBoundedJson(
  field: string,
  source: string | Uint8Array,
  { maxBytes = MAX_BYTES }: BoundedOptions = {},
): JsonValue {
  const text = textOf(field, source, maxBytes);
  if (depthOf(text) > MAX_DEPTH) {
    throw new EventError("too_large", field, `is nested more than ${MAX_DEPTH} deep`);
  }
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new EventError("invalid", field, "is not JSON", { cause });
  }
  checkNames(field, text);
  return value;
}

function textOf(field: string, source: unknown, maxBytes: number): string {
  if (source === null || source === undefined) {
    throw new EventError("nil", field, "is not given");
  }
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    throw new EventError("invalid", field, "must be text, or its bytes in UTF-8");
  }
  // A character has a byte at least, so a text that is longer need not be encoded to be refused.
  const fits =
    source.length <= maxBytes &&
    (typeof source !== "string" || new TextEncoder().encode(source).length <= maxBytes);
  if (!fits) {
    throw new EventError("too_large", field, `has more than ${maxBytes} bytes`);
  }
  if (typeof source === "string") {
    return source;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(source);
  } catch (cause) {
    throw new EventError("invalid", field, "is not UTF-8", { cause });
  }
}

// Counted before anything is parsed, as a parser may end at some depth of its own.
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === "\\") {
        i++;
      } else if (char === '"') {
        quoted = false;
      }
    } else if (char === '"') {
      quoted = true;
    } else if (char === "{" || char === "[") {
      deepest = Math.max(deepest, ++depth);
    } else if (char === "}" || char === "]") {
      depth--;
    }
  }
  return deepest;
}
