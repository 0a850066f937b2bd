import type { DescField, DescMessage, MessageShape } from "@bufbuild/protobuf";
import { isReflectMessage, reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import { invalidField, type Problem } from "./errors.js";

/** An update of a resource (AIP-134). */
export interface Update<Desc extends DescMessage> {
  /** The new values. */
  patch: MessageShape<Desc>;
  /** Which to take. Unset or empty for what is set in `patch`, `*` for all that may change. */
  mask: FieldMask | undefined;
  /** Names of the fields that may change, those of the proto. */
  writable: readonly string[];
  /** Names of writable fields that may not become empty. Default none. */
  required?: readonly string[];
}

/**
 * Applies an update, all of it or nothing.
 *
 * @returns the names of the fields that were named or set.
 * @throws Problem `invalid_argument` for a path of no field or of one that may not change, and for
 *   a required field that would be empty.
 */
export function update<Desc extends DescMessage>(
  desc: Desc,
  target: MessageShape<Desc>,
  { patch, mask, writable, required = [] }: Update<Desc>,
): string[] {
  const from = reflect(desc, patch);
  const to = reflect(desc, target);
  const paths = pathsOf(from, mask, writable);
  for (const path of paths) {
    check(desc, path, writable);
  }
  const emptied = required.find((name) => paths.includes(name) && !isSet(from, name));
  if (emptied !== undefined) {
    throw invalidField(emptied, "REQUIRED", "must not become empty");
  }
  for (const path of paths) {
    copy(from, to, path.split("."));
  }
  return [...new Set(paths.map((path) => path.split(".")[0] ?? path))];
}

function pathsOf(
  patch: ReflectMessage,
  mask: FieldMask | undefined,
  writable: readonly string[],
): readonly string[] {
  if (mask === undefined || mask.paths.length === 0) {
    return writable.filter((name) => isSet(patch, name));
  }
  if (!mask.paths.includes("*")) {
    return mask.paths;
  }
  if (mask.paths.length > 1) {
    throw invalidMask("WILDCARD_WITH_OTHERS", "* stands alone");
  }
  return writable;
}

function isSet(message: ReflectMessage, name: string): boolean {
  const field = message.fields.find((each) => each.name === name);
  return field !== undefined && message.isSet(field);
}

function check(desc: DescMessage, path: string, writable: readonly string[]): void {
  const [first = "", ...rest] = path.split(".");
  const field = fieldOf(desc, first);
  if (field === undefined) {
    throw invalidMask("UNKNOWN_FIELD", `${path} is no field`);
  }
  if (!writable.includes(first)) {
    throw invalidMask("IMMUTABLE_FIELD", `${path} cannot be changed`);
  }
  let inner = field;
  for (const name of rest) {
    const next = inner.fieldKind === "message" ? fieldOf(inner.message, name) : undefined;
    if (next === undefined) {
      throw invalidMask("UNKNOWN_FIELD", `${path} is no field`);
    }
    inner = next;
  }
}

function fieldOf(desc: DescMessage, name: string): DescField | undefined {
  return desc.fields.find((each) => each.name === name);
}

function copy(from: ReflectMessage, to: ReflectMessage, [name, ...rest]: string[]): void {
  const field = to.fields.find((each) => each.name === name);
  if (field === undefined) {
    return;
  }
  if (rest.length > 0) {
    const inner = to.get(field);
    const source = from.get(field);
    if (isReflectMessage(inner) && isReflectMessage(source)) {
      copy(source, inner, rest);
      to.set(field, inner);
    }
  } else if (from.isSet(field)) {
    to.set(field, from.get(field));
  } else {
    to.clear(field);
  }
}

function invalidMask(reason: string, description: string): Problem {
  return invalidField("update_mask", reason, description);
}
