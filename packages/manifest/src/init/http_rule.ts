import type { DescMethod } from "@bufbuild/protobuf";
import { type Field, fieldsOf, unknownMessage } from "../unknown_fields.js";

/** Number of `google.api.http`. */
const HTTP = 72295728;

/** Numbers of fields of its `HttpRule`. */
const PATTERNS: Readonly<Record<number, string>> = {
  2: "GET",
  3: "PUT",
  4: "POST",
  5: "DELETE",
  6: "PATCH",
};
const BODY = 7;
const CUSTOM = 8;
const ADDITIONAL_BINDINGS = 11;

/**
 * What `google.api.http` says of a method: `GET`; `GET with a body` where that is no method as RFC 9110
 * means it; `GET and POST` where several bindings differ; `LOCK` or another word for a custom one.
 *
 * @returns undefined where it says nothing.
 * @throws UserError if the option is malformed.
 */
export function httpOf(method: DescMethod): string | undefined {
  const name = `google.api.http of ${method.parent.typeName}/${method.name}`;
  const rule = unknownMessage(method.proto.options?.$unknown, HTTP, name);
  const all = new Set(bindings(rule, name));
  return all.size === 0 ? undefined : [...all].join(" and ");
}

function bindings(rule: readonly Field[], name: string): string[] {
  let pattern: string | undefined;
  let hasBody = false;
  const others: string[] = [];
  for (const { no, bytes } of rule) {
    if (no === CUSTOM) {
      const kind = fieldsOf(bytes, name).findLast((field) => field.no === 1)?.bytes;
      pattern = new TextDecoder().decode(kind).toUpperCase() || "something of its own";
    } else if (no === BODY) {
      hasBody = bytes.length > 0;
    } else if (no === ADDITIONAL_BINDINGS) {
      others.push(...bindings(fieldsOf(bytes, name), name));
    } else {
      pattern = PATTERNS[no] ?? pattern;
    }
  }
  const isOdd = hasBody && (pattern === "GET" || pattern === "DELETE");
  const own = pattern === undefined ? [] : [isOdd ? `${pattern} with a body` : pattern];
  return [...own, ...others];
}
