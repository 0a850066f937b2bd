import { createHash } from "node:crypto";
import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";

/**
 * Writes a message as canonical JSON: every field that has no presence, keys sorted by code unit, two
 * spaces of indentation, LF, one at the end. The same message is the same bytes.
 */
export function toCanonicalJson<T extends DescMessage>(
  schema: T,
  message: MessageShape<T>,
): string {
  const json = toJson(schema, message, { alwaysEmitImplicit: true });
  return `${JSON.stringify(sorted(json), undefined, 2)}\n`;
}

/** Returns the SHA-256 of bytes, or of a text in UTF-8, in hex. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Orders texts by code unit, as JSON Canonicalization does (RFC 8785, section 3.2.3). */
export function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).sort(([a], [b]) => byText(a, b));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
