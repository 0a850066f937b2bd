import { describe, expect, it } from "vitest";
import { create, type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  ClientPolicySchema,
  MethodFactsSchema,
  MethodPolicySchema,
  Preset,
  RetryBudgetSchema,
} from "@ameideio/core-proto/ameide/policy/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { errorOf, scriptedThreads, t1, thread, thrownBy } from "./harness/scripted_threads.js";
import type { AmeideOptions } from "../src/index.js";
import { BUDGET, ROWS } from "../src/policy/policy_table.js";

const SERVICE = "ameide.threads.v1.ThreadsService";
const { getThread } = ThreadsService.method;
type Policy = NonNullable<AmeideOptions["policy"]>;

describe("the table of policy values", () => {
  it("has each field of a document, once", () => {
    const fields = [
      ...MethodPolicySchema.fields.filter(({ localName }) => localName !== "facts"),
      ...MethodFactsSchema.fields,
    ].map(({ localName, parent }) =>
      parent === MethodFactsSchema ? `facts.${localName}` : localName,
    );
    const stated = ROWS.flatMap(([name, { field = name }]) => field ?? []);
    expect(stated.toSorted()).toEqual(fields.toSorted());
  });

  it("has each field of a budget, and no other", () => {
    const fields = RetryBudgetSchema.fields.map(({ localName }) => localName);
    expect(Object.keys(BUDGET)).toEqual(fields);
  });
});

describe("a policy document", () => {
  it("may be a message", () => {
    const message = create(ClientPolicySchema, { preset: Preset.MESH });
    const { transport } = scriptedThreads([thread], { policy: message });
    expect(transport.explain(getThread).values.maxAttempts.value).toBe(1);
  });

  it("takes back that a method is safe, also before a transport of the user's own", async () => {
    const seen: unknown[] = [];
    const own = {
      unary: (method: DescMethod) => {
        seen.push([method.name, method.parent.typeName, method.idempotency]);
        return Promise.reject(new ConnectError("none", Code.NotFound));
      },
    } as unknown as Transport;
    const { NO_SIDE_EFFECTS, IDEMPOTENCY_UNKNOWN } = MethodOptions_IdempotencyLevel;
    const facts = { idempotencyLevel: "IDEMPOTENCY_LEVEL_IDEMPOTENT" };
    for (const options of [{}, { policy: { default: { facts } } }]) {
      const { threads } = scriptedThreads([thread], { ...options, transport: own });
      await errorOf(threads.getThread(t1));
    }
    expect(seen).toEqual([
      ["GetThread", SERVICE, NO_SIDE_EFFECTS],
      ["GetThread", SERVICE, IDEMPOTENCY_UNKNOWN],
    ]);
  });
});

describe("what a document has and nobody knows", () => {
  const ignore = () => {};
  const newer = { preset: "PRESET_MESH", hedging: { attempts: 2 } };
  const newerBytes = new Uint8Array([
    ...toBinary(ClientPolicySchema, create(ClientPolicySchema, { preset: Preset.MESH })),
    0xa0,
    0x06,
    0x01,
  ]);

  const deep = fromBinary(MethodPolicySchema, new Uint8Array([0xa0, 0x06, 0x01]));

  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x${i}`, i]));

  it.each<[string, Policy, string | undefined]>([
    ["an unknown field of a document is logged once, and ignored", newer, "hedging"],
    ["the same in a message", fromBinary(ClientPolicySchema, newerBytes), "100"],
    [
      "also deep inside",
      { ...create(ClientPolicySchema, { preset: Preset.MESH }), default: deep },
      "default.100",
    ],
    [
      "and in a list of messages",
      create(ClientPolicySchema, { preset: Preset.MESH, methods: [{}, { policy: deep }] }),
      `methods[1].policy.100, ${[0, 1].map((i) => `methods[${i}].selectors (is empty, which selects nothing)`).join(", ")}`,
    ],
    [
      "the names of many are cut, and so are long ones",
      { preset: "PRESET_MESH", ["y".repeat(100)]: 1, ...many },
      `"${"y".repeat(64)}", ${Array.from({ length: 19 }, (_, i) => `x${i}`).join(", ")}, and more`,
    ],
    ["and say nothing a log would obey", { preset: "PRESET_MESH", "a\nb": 1 }, '"a\\nb"'],
    ["control: none is unknown", { preset: "PRESET_MESH" }, undefined],
  ])("%s", async (_name, policy, fields) => {
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const logger = { error: ignore, info: ignore, debug: ignore, warn };
    const made = scriptedThreads([thread], { policy, logger });
    await made.threads.getThread(t1);
    made.transport.withTenant("other").with({ policy });
    const text = "ameide policy document has parts this version cannot use; ignored: ";
    expect(warnings).toEqual(fields === undefined ? [] : [text + fields]);
    expect(made.transport.explain(getThread).values.maxAttempts.value).toBe(1);
  });
});

describe("what is wrong in a document", () => {
  it.each([
    ["policy.default.timeoutMs", { default: { timeoutMs: "0" } }],
    ["policy.default.timeoutMs", { default: { timeoutMs: "-1" } }],
    ["policy.default.timeoutMs", { default: { timeoutMs: "9223372036854775807" } }],
    ["policy.default.attemptTimeoutMs", { default: { attemptTimeoutMs: "0" } }],
    ["policy.default.baseDelayMs", { default: { baseDelayMs: "0" } }],
    ["policy.default.maxAttempts", { default: { maxAttempts: 6 } }],
    ["policy.default.retryableCodes[0]", { default: { retryableCodes: ["ABORTED"] } }],
    ["policy.methods[1].policy.maxDelayMs", { methods: [{}, { policy: { maxDelayMs: "0" } }] }],
    ["policy.methods[0].selectors[0]", { methods: [{ selectors: ["/acme"] }] }],
    ["policy.budget.capacity", { budget: { capacity: 10_001 } }],
    ["policy.behavior", { behavior: 2 }],
    ["policy.default.timeoutMs", { default: { timeoutMs: "s3cret" } }],
    ["policy.default.maxAttempts", { default: { maxAttempts: 1.5 } }],
    ["policy.default.requireIdempotency", { default: { requireIdempotency: "yes" } }],
    ["policy.default.facts.requestIdField", { default: { facts: { requestIdField: 5 } } }],
    ["policy.default", { default: "s3cret" }],
    ["policy.methods", { methods: { selectors: [] } }],
    ["policy.methods[1]", { methods: [{}, "s3cret"] }],
    ["policy.methods[0].selectors", { methods: [{ selectors: "s3cret" }] }],
    ["policy.logLevel", { logLevel: {} }],
    ["policy", []],
  ])("%s: %j", (field, policy) => {
    const error = thrownBy(() => scriptedThreads([thread], { policy } as AmeideOptions));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field }] });
    expect(error.message).toContain(`option ${field}: `);
    expect(error.message).not.toContain("s3cret");
  });

  it("all of them at once, and of too many their number", () => {
    const methods = Array.from({ length: 30 }, () => ({ policy: { maxAttempts: 9 } }));
    const policy = { behavior: 7, default: { timeoutMs: true, maxDelayMs: "0" }, methods };
    const error = thrownBy(() => scriptedThreads([thread], { policy }));
    expect(error.message).toContain("] 33 options are wrong: policy.default.timeoutMs: must be an");
    expect(error.message).toContain("; policy.methods[0].policy.maxAttempts: must be an integer");
    expect(error.fieldViolations).toHaveLength(20);
    expect(error.fieldViolations.map(({ field }) => field).slice(0, 3)).toEqual([
      "policy.default.timeoutMs",
      "policy.methods[0].policy.maxAttempts",
      "policy.methods[1].policy.maxAttempts",
    ]);
  });
});
