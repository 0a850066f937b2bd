import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterEach, beforeEach, expect, it } from "vitest";

// One call of a program that registers a provider, and how many spans there were.
const PROGRAM = `
import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { createClient } from "@connectrpc/connect";
import { createAmeideTransport } from "../../src/node.js";
import { createMemoryHttpClient } from "../../src/testing.js";

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
const transport = createAmeideTransport({
  baseUrl: "https://api.test",
  tenant: "acme",
  transport: createMemoryHttpClient((router) => router.service(ThreadsService, { getThread: () => ({}) })),
});
void createClient(ThreadsService, transport)
  .getThread({})
  .then(() => console.log(exporter.getFinishedSpans().length));
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ameide-bundle-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ["cjs", "program.cjs"],
  ["esm", "program.mjs"],
] as const)("a program in one file has spans by default: %s", async (format, name) => {
  const harness = fileURLToPath(new URL("harness/", import.meta.url));
  const id = join(harness, "program.ts");
  await build({
    input: id,
    platform: "node",
    plugins: [
      {
        name: "program",
        resolveId: (source) => (source === id ? id : undefined),
        load: (source) => (source === id ? { code: PROGRAM, moduleType: "ts" } : undefined),
      },
    ],
    output: { file: join(folder, name), format, codeSplitting: false },
    logLevel: "silent",
  });
  writeFileSync(join(folder, "package.json"), "{}");
  const printed = execFileSync(process.execPath, [join(folder, name)], { encoding: "utf8" });
  expect(printed.trim()).toBe("1");
});
