import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OFFICIAL } from "../../src/common/folders.js";
import { loadClients } from "../../src/connect/clients.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-connect-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  const path = join(folder, "clients.yaml");
  writeFileSync(path, text);
  return loadClients(path);
}

test("our own clients are the SDKs and what they are built on, each with a list that can be read", () => {
  const clients = loadClients(OFFICIAL.clients);
  expect(clients.map(({ group, id }) => `${group}.${id}`)).toEqual([
    "raw.connect-go",
    "raw.connect-node",
    "raw.connectrpc-async",
    "raw.connectrpc-sync",
    "sdks.go",
    "sdks.py-async",
    "sdks.py-sync",
    "sdks.ts",
  ]);
  for (const { config, knownFailing, knownFlaky = knownFailing } of clients) {
    expect(readFileSync(config ?? OFFICIAL.config, "utf8")).toMatch(/^features:$/m);
    expect(readFileSync(knownFailing, "utf8")).toMatch(/^# /);
    expect(readFileSync(knownFlaky, "utf8")).toMatch(/^# /);
  }
});

test.each([
  ["sdk: {}", "unknown key sdk"],
  ["sdks: { ts: { command: node, known_failing: a } }", "sdks.ts: command must be a list of texts"],
  ["sdks: { a: { command: [node], build: make } }", "sdks.a: build must be a list of texts"],
  ["sdks: { ts: { command: [node] } }", "sdks.ts: known_failing must be a file"],
  [
    "raw: { a: { command: [node], known_failing: a, known_flaky: 1 } }",
    "raw.a: known_flaky must be a file",
  ],
  ["raw: { a: { command: [node], known_failing: a, config: 1 } }", "raw.a: config must be a file"],
  ["raw: { a: { command: [node], known_failing: a, env: {} } }", "raw.a: unknown key env"],
])("%s is an error", (text, message) => {
  expect(() => load(text)).toThrow(message);
});
