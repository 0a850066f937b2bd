import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { configFault, durationFault, type Fault } from "../errors/errors.js";

/** Name or enum value that a message type does not know. */
export interface Unknown {
  /** Path of its place: `default.hedging`. */
  readonly path: string;
  readonly name: string;
  /** Names known in its place. */
  readonly known: readonly string[];
  /** Text such as `, got PRESET_MUSH`, for an enum value. */
  readonly got: string;
  /** Reason, if it is known but cannot be used. */
  readonly why?: string;
}

/** Part of a JSON document that can be read as a message. */
export interface ReadJson {
  /** The document without unknown and wrong parts. */
  readonly json: JsonObject;
  readonly unknown: readonly Unknown[];
  readonly wrong: readonly Fault[];
}

/**
 * Reads a JSON document part by part, so that all faults are found at once. Paths are those of the
 * document.
 */
export function readJson(schema: DescMessage, json: unknown): ReadJson {
  const unknown: Unknown[] = [];
  const wrong: Fault[] = [];

  function object(type: DescMessage, value: unknown, path: string): JsonObject {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      wrong.push(configFault(path, "must be an object", value));
      return {};
    }
    const read: JsonObject = {};
    for (const [name, member] of Object.entries(value as JsonObject)) {
      const field = type.fields.find((each) => each.jsonName === name || each.name === name);
      const at = memberOf(path, name);
      if (field === undefined) {
        unknown.push({ path: at, name, known: type.fields.map((each) => each.jsonName), got: "" });
      } else if (member !== null) {
        const kept = one(type, field, member, at);
        if (kept !== undefined) {
          read[field.jsonName] = kept;
        }
      }
    }
    return read;
  }

  function one(
    type: DescMessage,
    field: DescField,
    value: JsonValue,
    path: string,
  ): JsonValue | undefined {
    const { message } = field;
    if (message !== undefined && field.fieldKind === "message") {
      return object(message, value, path);
    }
    if (message !== undefined && Array.isArray(value)) {
      return value.map((each, i) => object(message, each, `${path}[${i}]`));
    }
    const words = field.enum?.values.map(({ name }) => name);
    if (words !== undefined && typeof value === "string" && !words.includes(value)) {
      unknown.push({ path, name: value, known: words, got: `, got ${memberOf("", value)}` });
      return undefined;
    }
    try {
      fromJson(type, { [field.jsonName]: value });
      return value;
    } catch {
      const rule = `must be ${kindOf(field, words)}`;
      const isDuration = field.jsonName.endsWith("Ms");
      wrong.push((isDuration ? durationFault : configFault)(path, rule, value));
      return undefined;
    }
  }

  return { json: object(schema, json, ""), unknown, wrong };
}

function kindOf(field: DescField, words: readonly string[] | undefined): string {
  if (words !== undefined) {
    return `one of ${words.join(", ")}`;
  }
  if (field.fieldKind === "list") {
    return field.message === undefined ? "an array of strings" : "an array of objects";
  }
  if (field.scalar === ScalarType.BOOL) {
    return "true or false";
  }
  return field.scalar === ScalarType.STRING ? "a string" : "an integer";
}

// Longest shown part of a name that a peer chose.
const MAX_NAME = 64;

/** Returns the path of a member. */
export function memberOf(path: string, name: string): string {
  const shown =
    /^\w+$/.test(name) && name.length <= MAX_NAME ? name : JSON.stringify(name.slice(0, MAX_NAME));
  return path === "" ? shown : `${path}.${shown}`;
}
