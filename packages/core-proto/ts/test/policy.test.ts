import { readFileSync } from "node:fs";
import {
  default_timeout_ms,
  file_ameide_policy_v1_policy,
  long_lived,
  service_tenant,
  tenant,
  TenantMode,
} from "@ameideio/core-proto/ameide/policy/v1";
import { type DescMethod, getOption, hasOption, isFieldSet } from "@bufbuild/protobuf";
import { MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { ourMethods } from "./stubs.js";

const methods = ourMethods().map((method) => ({ name: fullName(method), method }));

test("the image has methods of ours", () => {
  expect(methods.length).toBeGreaterThan(20);
});

describe.each(methods)("$name", ({ method }) => {
  test("states its idempotency level", () => {
    const { options } = method.proto;
    const level = MethodOptionsSchema.field.idempotencyLevel;
    expect(options !== undefined && isFieldSet(options, level)).toBe(true);
  });

  test("states its tenant mode, or its service does", () => {
    const own = getOption(method, tenant);
    const mode = own === TenantMode.UNSPECIFIED ? getOption(method.parent, service_tenant) : own;
    expect(mode).not.toBe(TenantMode.UNSPECIFIED);
  });
});

test("only streams are long-lived", () => {
  const wrong = methods.filter(
    ({ method }) => method.methodKind === "unary" && getOption(method, long_lived),
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("default timeouts are at least one millisecond", () => {
  const wrong = methods.filter(
    ({ method }) =>
      hasOption(method, default_timeout_ms) && getOption(method, default_timeout_ms) < 1n,
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

function fullName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

test("options have numbers of their block, each its own", () => {
  const page = readFileSync(
    new URL("../../../../docs/decisions/option_numbers.md", import.meta.url),
    "utf8",
  );
  const [, first, last] = /the block (\d+) to (\d+) is theirs/.exec(page) ?? [];
  const taken = new Map<string, string>();
  for (const { extendee, name, number } of file_ameide_policy_v1_policy.extensions) {
    expect(number).toBeGreaterThanOrEqual(Number(first));
    expect(number).toBeLessThanOrEqual(Number(last));
    const place = `${extendee.name} ${number}`;
    expect([taken.get(place), name]).toEqual([undefined, name]);
    taken.set(place, name);
  }
  expect(taken.size).toBeGreaterThan(10);
});
