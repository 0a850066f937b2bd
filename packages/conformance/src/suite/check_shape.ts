import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
} from "@bufbuild/protobuf";

/** Path of a place in a file: keys and positions from its root. */
export type Path = readonly (string | number)[];

/** Receives a problem, and its place. */
export type Report = (path: Path, problem: string) => void;

/**
 * Checks that a value read from YAML is the canonical JSON of a message, with the field names of
 * the proto, and returns that JSON. Enum values may have the short form: `reset_half` for
 * `CUT_RESET_HALF`. Every fault is reported at its place, and left out of the result.
 */
export function checkShape(
  desc: DescMessage,
  value: unknown,
  path: Path,
  report: Report,
): JsonObject {
  if (!isObject(value)) {
    report(path, `must be an object (${desc.name}), is ${show(value)}`);
    return {};
  }
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const field = desc.fields.find(({ name }) => name === key);
    if (field === undefined) {
      report([...path, key], `unknown key, ${desc.name} has ${list(desc.fields)}`);
      continue;
    }
    const checked = checkField(field, member, [...path, key], report);
    if (checked !== undefined) {
      result[key] = checked;
    }
  }
  checkOneofs(desc, result, path, report);
  return result;
}

function checkField(
  field: DescField,
  value: unknown,
  path: Path,
  report: Report,
): JsonValue | undefined {
  if (value === null || value === undefined) {
    report(path, "has no value");
    return undefined;
  }
  switch (field.fieldKind) {
    case "message":
      return isOpaque(field.message)
        ? checkLeaf(field, value, path, report)
        : checkShape(field.message, value, path, report);
    case "enum":
      return enumName(field.enum, value, path, report);
    case "scalar":
      return checkLeaf(field, value, path, report);
    case "list": {
      if (!Array.isArray(value)) {
        report(path, `must be a list, is ${show(value)}`);
        return undefined;
      }
      return value.flatMap((item, i) => {
        const checked = checkItem(field, item, [...path, i], report);
        return checked === undefined ? [] : [checked];
      });
    }
    case "map": {
      if (!isObject(value)) {
        report(path, `must be an object, is ${show(value)}`);
        return undefined;
      }
      const entries = Object.entries(value).flatMap(([key, item]) => {
        const checked = checkEntry(field, key, item, [...path, key], report);
        return checked === undefined ? [] : [[key, checked] as const];
      });
      return Object.fromEntries(entries);
    }
  }
}

function checkItem(
  field: DescField & { fieldKind: "list" },
  item: unknown,
  path: Path,
  report: Report,
): JsonValue | undefined {
  if (field.listKind === "message" && !isOpaque(field.message)) {
    return checkShape(field.message, item, path, report);
  }
  if (field.listKind === "enum") {
    return enumName(field.enum, item, path, report);
  }
  return decodes(field, [item], path, report) ? (item as JsonValue) : undefined;
}

function checkEntry(
  field: DescField & { fieldKind: "map" },
  key: string,
  item: unknown,
  path: Path,
  report: Report,
): JsonValue | undefined {
  if (field.mapKind === "message" && !isOpaque(field.message)) {
    return checkShape(field.message, item, path, report);
  }
  if (field.mapKind === "enum") {
    return enumName(field.enum, item, path, report);
  }
  return decodes(field, { [key]: item }, path, report) ? (item as JsonValue) : undefined;
}

function checkLeaf(
  field: DescField,
  value: unknown,
  path: Path,
  report: Report,
): JsonValue | undefined {
  return decodes(field, value, path, report) ? (value as JsonValue) : undefined;
}

// Asks protobuf itself, with a message that has only this field.
function decodes(field: DescField, value: unknown, path: Path, report: Report): boolean {
  try {
    fromJson(field.parent, { [field.name]: value as JsonValue });
    return true;
  } catch (reason) {
    const text = reason instanceof Error ? reason.message : String(reason);
    report(path, text.replace(/^cannot decode (field|message) \S+ from JSON: /, ""));
    return false;
  }
}

function enumName(desc: DescEnum, value: unknown, path: Path, report: Report): string | undefined {
  const prefix = (desc.sharedPrefix ?? "").toUpperCase();
  const names = desc.values.map(({ name }) => name);
  if (typeof value === "string") {
    if (names.includes(value)) {
      return value;
    }
    const full = prefix + value.toUpperCase();
    if (value === value.toLowerCase() && names.includes(full)) {
      return full;
    }
  }
  const short = names.slice(1).map((name) => name.slice(prefix.length).toLowerCase());
  report(path, `must be one of ${short.join(", ")}, is ${show(value)}`);
  return undefined;
}

// In this schema every oneof that people write requires exactly one member.
function checkOneofs(desc: DescMessage, json: JsonObject, path: Path, report: Report): void {
  for (const { fields } of desc.oneofs) {
    const set = fields.filter(({ name }) => json[name] !== undefined);
    if (set.length === 1) {
      continue;
    }
    const found = set.length === 0 ? "none is there" : `there are ${list(set)}`;
    report(path, `exactly one of ${list(fields)} must be there, ${found}`);
  }
}

function isOpaque(desc: DescMessage): boolean {
  return desc.typeName.startsWith("google.protobuf.");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(fields: readonly { readonly name: string }[]): string {
  return fields.map(({ name }) => name).join(", ");
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? "nothing";
}
