import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OFFICIAL, ROOT } from "../../src/common/folders.js";
import { loadClients, type TestedClient } from "../../src/connect/clients.js";
import { judge } from "../../src/connect/runner.js";
import { FIRST_BUILD_MS, runnerOrSkip } from "../harness/runner_or_skip.js";

// The real runner and the real clients, over a handful of cases.

const BASIC = "Basic/HTTPVersion:2/Protocol:PROTOCOL_GRPC/Codec:CODEC_JSON/**/TLS:true/**";
const TOO_EARLY =
  "Connect Unexpected Responses/HTTPVersion:1/TLS:false/server-stream/no-end-stream";

let folder: string;
let runner: string | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "conformance-connect-"));
  runner = await runnerOrSkip();
}, FIRST_BUILD_MS);
afterAll(() => rmSync(folder, { recursive: true }));

const clients = loadClients(OFFICIAL.clients);
const [raw, sdk] = ["connect-node", "ts"].map((name) => clients.find(({ id }) => id === name)) as [
  TestedClient,
  TestedClient,
];

function run(client: TestedClient, cases: readonly string[], known?: string) {
  const list = join(folder, "known.txt");
  writeFileSync(list, known ?? readFileSync(client.knownFailing));
  return judge(
    { ...client, knownFailing: list },
    { runner: runner ?? "", config: OFFICIAL.config, cwd: ROOT, cases },
  );
}

test("the SDK passes where a stream ends too early, which the raw client is known not to", async (context) => {
  context.skip(runner === undefined);
  const cases = [BASIC, TOO_EARLY];
  const bare = await run(raw, cases);
  expect(bare).toMatchObject({ passed: bare.total - 1, failed: 0, known: 1 });
  expect(await run(sdk, cases)).toEqual({ ...bare, passed: bare.total, known: 0 });
  expect(bare.total).toBeGreaterThan(10);
});

test("a failure that no list names is red, and so is a listed case that passes", async (context) => {
  context.skip(runner === undefined);
  expect(await run(raw, [TOO_EARLY], "")).toMatchObject({
    total: 1,
    failed: 1,
    failures: [expect.stringContaining("does not match expected code 13 (internal)")],
  });
  expect(await run(sdk, [TOO_EARLY], TOO_EARLY)).toMatchObject({
    total: 1,
    failed: 1,
    failures: [`${TOO_EARLY} was expected to fail but did not`],
  });
});
