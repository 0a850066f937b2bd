import { readFileSync } from "node:fs";
import { getOption } from "@bufbuild/protobuf";
import { idempotency_key } from "@ameideio/core-proto/ameide/policy/v1";
import { roster } from "@ameideio/core-proto/roster";
import { expect, test } from "vitest";
import { findInProto } from "../../src/demo/proto_source.js";

const modules = await Promise.all(Object.values(roster).map((each) => each.load()));
const methods = modules.flatMap(({ service }) => service.methods);

function lineOf(path: string, line: number): string | undefined {
  const file = new URL(`../../../../proto/${path}.proto`, import.meta.url);
  return readFileSync(file, "utf8").split("\n")[line - 1]?.trim();
}

test.each(methods.map((method) => [`${method.parent.name}/${method.name}`, method] as const))(
  "%s",
  (_, method) => {
    const path = method.parent.file.name;
    const rpc = findInProto(method);
    expect(lineOf(path, rpc?.line ?? 0)).toMatch(new RegExp(`^rpc ${method.name}\\(`));
    const level = findInProto(method, "idempotency_level");
    expect(level).toMatchObject({ alone: true, file: rpc?.file });
    expect(lineOf(path, level?.line ?? 0)).toMatch(/^option idempotency_level = \w+;$/);
    const key = findInProto(method, "(ameide.policy.v1.idempotency_key)");
    const declared = "option (ameide.policy.v1.idempotency_key) = true;";
    expect(key && lineOf(path, key.line)).toBe(
      getOption(method, idempotency_key) ? declared : undefined,
    );
  },
);
