import type { DescField, DescMessage, JsonValue, Message, UnknownField } from "@bufbuild/protobuf";

// Names of a peer's making are shown no longer than this, and no more of them.
const MAX_NAME = 64;
const MAX_FIELDS = 20;

/** Paths of the members of a JSON that a message type does not know: `default.hedging`. */
export function unknownInJson(schema: DescMessage, json: JsonValue): string[] {
  return capped(inJson(schema, json, ""));
}

/** Paths of the fields of a message that its type does not know: `default.100`. */
export function unknownInMessage(schema: DescMessage, message: Message): string[] {
  return capped(inMessage(schema, message, ""));
}

function* inJson(schema: DescMessage, json: JsonValue, path: string): Iterable<string> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return;
  }
  for (const [name, value] of Object.entries(json)) {
    const field = schema.fields.find((each) => each.jsonName === name || each.name === name);
    const at = path + shown(name);
    if (field === undefined) {
      yield at;
    } else if (field.enum !== undefined) {
      if (!isKnownValue(field, value)) {
        yield at;
      }
    } else if (field.message !== undefined) {
      yield* eachOf(value, at, (one, where) => inJson(field.message, one, where));
    }
  }
}

function* inMessage(schema: DescMessage, message: Message, path: string): Iterable<string> {
  for (const { no } of message.$unknown ?? ([] as UnknownField[])) {
    yield `${path}${no}`;
  }
  for (const field of schema.fields) {
    const value = (message as unknown as Record<string, unknown>)[field.localName];
    if (field.message !== undefined && value !== undefined) {
      const inner = field.message;
      const at = path + field.jsonName;
      yield* eachOf(value, at, (one, where) => inMessage(inner, one as Message, where));
    }
  }
}

function* eachOf<T>(
  value: T | readonly T[],
  at: string,
  within: (value: T, path: string) => Iterable<string>,
): Iterable<string> {
  if (Array.isArray(value)) {
    for (const [i, one] of (value as readonly T[]).entries()) {
      yield* within(one, `${at}[${i}].`);
    }
  } else {
    yield* within(value as T, `${at}.`);
  }
}

// The names of values a newer version has are passed over with their field.
function isKnownValue(field: DescField, value: JsonValue): boolean {
  return (
    typeof value !== "string" || field.enum?.values.some(({ name }) => name === value) === true
  );
}

function shown(name: string): string {
  return /^\w+$/.test(name) && name.length <= MAX_NAME
    ? name
    : JSON.stringify(name.slice(0, MAX_NAME));
}

function capped(paths: Iterable<string>): string[] {
  const kept: string[] = [];
  for (const path of paths) {
    if (kept.length === MAX_FIELDS) {
      return [...kept, "and more"];
    }
    kept.push(path);
  }
  return kept;
}
