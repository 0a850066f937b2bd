import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadAdapters } from "../../src/adapter/adapters.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "adapters-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(yaml: string) {
  const path = join(folder, "adapters.yaml");
  writeFileSync(path, yaml);
  return loadAdapters(path, "..");
}

test("an adapter has a command, and maybe a build and abilities that it lacks", () => {
  const [ts, go] = load(`
ts: { command: [node, adapter.js], env: { A: b } }
go: { build: [make], command: [bin/adapter], without: { loose_types: 9 } }
`);
  const cwd = tmpdir();
  expect(ts).toEqual({ sdk: "ts", command: ["node", "adapter.js"], cwd, env: { A: "b" } });
  expect(go).toEqual({
    sdk: "go",
    build: ["make"],
    command: ["bin/adapter"],
    cwd,
    without: { loose_types: 9 },
  });
});

test.each([
  ["ts", "must be an object"],
  ["ts: {}", "ts: command must be a list of texts"],
  ["ts: { command: [node], build: make }", "ts: build must be a list of texts"],
  ["ts: { command: [node], bild: [make] }", "ts: unknown key bild"],
  ["ts: { command: [node], without: [cancel] }", "ts: without must give a count"],
  [
    "ts: { command: [node], without: { fly: 3 } }",
    "some of cancel, eager_streams, keep_alive, loose_types, pulled_input",
  ],
  ["ts: { command: [node], without: { cancel: 0 } }", "ts: without must give a count"],
])("%s is refused", (yaml, says) => {
  expect(() => load(yaml)).toThrow(says);
});
