import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunResponse } from "@ameideio/conformance-proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadFile } from "../../src/suite/load_file.js";
import { modelAdapter } from "../harness/model_adapter.js";
import { fuzz } from "../../src/fuzz/main.js";

const COUNT = 300;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "found-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function fuzzed(...spoils: ((response: RunResponse) => void)[]) {
  const lines: string[] = [];
  const code = await fuzz(spoils.map(modelAdapter), {
    count: COUNT,
    seed: 1,
    report: folder,
    print: (line) => lines.push(line),
  });
  return { code, lines, files: readdirSync(folder) };
}

const right = () => {};

describe("fuzz", () => {
  it("is content with an SDK that does what the model says", async () => {
    const { code, lines, files } = await fuzzed(right);
    expect([code, files]).toEqual([0, []]);
    expect(lines.at(-1)).toContain("0 disagreements");
  });

  it.each<[string, (response: RunResponse) => void]>([
    [
      "an outcome",
      ({ outcomes }) => outcomes.forEach((one) => one.error && (one.error.code = "x")),
    ],
    ["an attempt", ({ outcomes }) => outcomes.forEach((one) => one.error?.attempts.shift())],
    ["a delay", (response) => void (response.sleeps = response.sleeps.map((ms) => ms + 1))],
    [
      "a stale timeout",
      ({ requests }) => {
        overwrite(requests, "connect-timeout-ms");
        overwrite(requests, "grpc-timeout");
      },
    ],
    [
      "a key made again",
      ({ requests }) => {
        renew(requests, "idempotency-key");
      },
    ],
    ["a message", ({ outcomes }) => outcomes.forEach((one) => one.messages.pop())],
    [
      "what is committed",
      ({ outcomes }) => outcomes.forEach((one) => one.error && (one.error.committed = false)),
    ],
    [
      "what a caller streams",
      ({ requests }) => requests.forEach((one) => (one.body = new Uint8Array())),
    ],
    ["the end of a request", ({ requests }) => requests.forEach((one) => (one.canceled = false))],
    ["when headers are shown", ({ outcomes }) => outcomes.forEach((one) => (one.headersMs = 1e9))],
    ["the budget", (response) => void (response.budget = (response.budget ?? 0) + 1)],
    ["a header", ({ requests }) => requests.forEach((one) => one.headers.push(LEAKED))],
    ["calls to the provider", (response) => void response.providerCalls++],
  ])("finds an SDK that gets %s wrong, and writes it down", async (_, spoil) => {
    const { code, files } = await fuzzed(spoil);
    expect(code).toBe(1);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const text = readFileSync(join(folder, file), "utf8");
      expect(loadFile(text, { file, area: "found" }).problems).toEqual([]);
    }
  });

  it("finds two SDKs that differ where the model is silent", async () => {
    const { code, lines } = await fuzzed(right, ({ outcomes }) =>
      outcomes.forEach((one) => one.error && (one.error.retryable = true)),
    );
    expect(code).toBe(1);
    expect(lines.join("\n")).toContain("model, model: outcomes[n].retryable");
  });

  it("cuts a case down to what shows the disagreement", async () => {
    const { files } = await fuzzed((response) => {
      if (response.sleeps.length > 0) {
        response.sleeps = [];
      }
    });
    const texts = files.map((file) => readFileSync(join(folder, file), "utf8"));
    // The control below it makes a call of its own.
    const calls = texts.map((text) => text.split(" control: ", 1)[0]?.match(/\bcall:/g)?.length);
    expect(Math.min(...calls.map((count) => count ?? 0))).toBe(1);
    // One may be what makes it wait.
    const settings = texts.map((text) => {
      const file = parse(text) as { cases: { given: { client?: { settings?: object } } }[] };
      return Object.keys(file.cases[0]?.given.client?.settings ?? {}).length;
    });
    expect(Math.min(...settings)).toBeLessThanOrEqual(1);
  });
});

const LEAKED = { $typeName: "ameide.conformance.v1.Header" as const, name: "x-leaked", value: "1" };

function overwrite(requests: RunResponse["requests"], name: string): void {
  const [first] = requests.map(({ headers }) => headers.find((header) => header.name === name));
  for (const { headers } of requests) {
    const own = headers.find((header) => header.name === name);
    if (own !== undefined && first !== undefined) {
      own.value = first.value;
    }
  }
}

function renew(requests: RunResponse["requests"], name: string): void {
  for (const [index, { headers }] of requests.entries()) {
    const own = headers.find((header) => header.name === name);
    if (own !== undefined) {
      own.value = own.value.replace(/^.{8}/, String(index).padStart(8, "0"));
    }
  }
}
