import { createHash } from "node:crypto";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it, vi } from "vitest";
import { readImage } from "@ameideio/core-proto/image";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { scriptedThreads, t1, thread } from "./harness/scripted_threads.js";
import type { AmeideOptions } from "../src/index.js";

const { getThread, createThread } = ThreadsService.method;
const SERVICE = "ameide.threads.v1.ThreadsService";

function explained(options: AmeideOptions = {}, method: typeof getThread = getThread) {
  return scriptedThreads([thread], options).transport.explain(method);
}

it("k13 explain-names-every-source", () => {
  vi.stubEnv("AMEIDE_MAX_ATTEMPTS", "4");
  vi.stubEnv("AMEIDE_TOKEN", "s3cret");
  const explanation = explained({
    environmentCredentials: true,
    timeoutMs: 1,
    preset: "mesh",
    methods: {
      [SERVICE]: { retry: { baseDelayMs: 2 } },
      [`${SERVICE}/GetThread`]: { tenant: "t" },
    },
    policy: {
      default: { attemptTimeoutMs: "3" },
      methods: [{ selectors: [SERVICE], policy: { maxDelayMs: "4" } }],
    },
  });
  vi.unstubAllEnvs();
  const { values } = explanation;
  const method = `${SERVICE}/GetThread`;
  const expected: Record<string, [unknown, string]> = {
    timeoutMs: [1, "code: client"],
    baseDelayMs: [2, `code: methods[${SERVICE}]`],
    tenant: ["t", `code: methods[${method}]`],
    maxAttempts: [4, "environment: AMEIDE_MAX_ATTEMPTS"],
    auth: ["token", "environment: AMEIDE_TOKEN"],
    attemptTimeoutMs: [3, "policy document: default"],
    maxDelayMs: [4, `policy document: ${SERVICE}`],
    idempotency: ["no_side_effects", `proto: ${method}`],
    scopes: [["threads.read"], `proto: ${SERVICE}`],
    throttleDelayMs: [1_000, "built-in (behavior 1)"],
  };
  for (const [name, [value, source]] of Object.entries(expected)) {
    expect([name, values[name as keyof typeof values]]).toEqual([name, { value, source }]);
  }
  for (const { source } of Object.values(values)) {
    expect(source).toMatch(/^(code|environment|policy document|proto|preset|built-in)\b/);
  }
  expect(explanation.method).toBe(method);
  const lines = String(explanation).split("\n");
  expect(lines).toHaveLength(1 + Object.keys(values).length + 1);
  expect(lines.at(-1)).toBe(`  ${explanation.verdict}`);
  expect(explanation.problems).toEqual([]);
  expect(lines.find((line) => line.includes(" maxAttempts "))).toMatch(
    /^ {2}maxAttempts +4 {2}\(environment: AMEIDE_MAX_ATTEMPTS\)$/,
  );
  expect(String(explanation)).not.toContain("s3cret");
});

it("k13 explain-names-every-source: the preset", () => {
  expect(explained({ preset: "mesh" }).values.maxAttempts).toEqual({
    value: 1,
    source: "preset: mesh",
  });
});

describe("k13 with the line of a fact, where the descriptor knows it", () => {
  const image = createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage()));
  const service = image.getService(SERVICE) as DescService;
  const inImage = service.methods.find(({ name }) => name === "GetThread") as typeof getThread;
  const place = /^proto: (\S+) \(ameide\/threads\/v1\/threads\.proto:(\d+)\)$/;

  it.each<[string, AmeideOptions, typeof getThread]>([
    ["of a method that is from an image", {}, inImage],
    ["of a generated one, by the image as registry", { registry: image }, getThread],
  ])("%s", (_name, options, method) => {
    const { values } = explained(options, method);
    const [, ofMethod, line] = place.exec(values.idempotency.source) ?? [];
    expect(ofMethod).toBe(`${SERVICE}/GetThread`);
    const [, ofService, above] = place.exec(values.scopes.source) ?? [];
    expect(ofService).toBe(SERVICE);
    expect(Number(above)).toBeLessThan(Number(line));
    const spans = service.file.proto.sourceCodeInfo?.location ?? [];
    const index = service.methods.indexOf(inImage);
    const option = spans.find(({ path }) => path.join() === `6,0,2,${index},4,34`);
    expect(Number(line)).toBe(Number(option?.span[0]) + 1);
  });

  it("control: generated code knows none", () => {
    expect(explained().values.idempotency.source).toBe(`proto: ${SERVICE}/GetThread`);
  });
});

it("without a method it explains the methods called so far", async () => {
  const made = scriptedThreads([thread]);
  expect(made.transport.explain()).toEqual([]);
  await made.threads.getThread(t1);
  made.transport.explain(MeterService.method.recordUsage);
  expect(made.transport.explain().map(({ method }) => method)).toEqual([
    `${SERVICE}/GetThread`,
    "ameide.meter.v1.MeterService/RecordUsage",
  ]);
});

describe("k07 effective-policy-hash-equal-in-3-languages", () => {
  // RFC 8785 by hand: members sorted, no spaces.
  const canonical = `{${[
    '"attemptTimeoutMs":10000',
    '"authMode":"bearer"',
    '"baseDelayMs":50',
    '"carriesIdempotencyKey":false',
    '"firstMessageTimeoutMs":30000',
    '"idempotency":"no_side_effects"',
    '"idempotencyKey":"auto"',
    '"idleTimeoutMs":60000',
    '"longLived":false',
    '"maxAttempts":3',
    '"maxDelayMs":20000',
    '"maxServerDelayMs":60000',
    '"requestIdField":null',
    '"requireIdempotency":false',
    '"retry":true',
    '"retryableCodes":[]',
    '"scopes":["threads.read"]',
    '"tenantMode":"required"',
    '"throttleDelayMs":1000',
    '"timeoutMs":30000',
    '"waitForReady":false',
  ].join(",")}}`;

  it("is the SHA-256 of the policy's canonical JSON", () => {
    const { hash } = explained();
    expect(hash).toBe(createHash("sha256").update(canonical).digest("hex"));
    // The vector the other languages are held to.
    expect(hash).toBe("ebbb73848eb4ede0f3415dc7eb2ebe3b129294c81879a657ffabbee5fea12d33");
  });

  it.each<[string, AmeideOptions, boolean]>([
    ["another deadline", { timeoutMs: 30_001 }, false],
    ["none", { noDeadline: true }, false],
    ["codes in any order", { retry: { retryableCodes: [] } }, true],
    ["the same by another way", { policy: { default: { timeoutMs: "30000" } } }, true],
    ["another tenant", { tenant: "other" }, true],
    ["a credential", { auth: { token: "t" } }, true],
  ])("%s", (_name, options, same) => {
    expect(explained(options).hash === explained().hash).toBe(same);
  });

  it("differs from method to method", () => {
    expect(explained({}, createThread as never).hash).not.toBe(explained().hash);
    const codes = (retryableCodes: string[]) => explained({ retry: { retryableCodes } }).hash;
    expect(codes(["aborted", "unknown"])).toBe(codes(["unknown", "aborted"]));
  });
});
