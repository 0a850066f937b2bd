import { expect, it } from "vitest";
import { runSuites } from "../src/run_suites.js";
import { green } from "./harness/evidence.js";

async function commandsOf(changes: Parameters<typeof green>[0]): Promise<string[]> {
  const lines: string[] = [];
  const started: string[] = [];
  await runSuites(
    green(changes),
    (line) => void lines.push(line),
    (command) => Promise.resolve(void started.push(command.join(" "))),
  );
  expect(lines).toEqual(
    started.map((command, i) => `${i + 1} of ${started.length}, minutes each: ${command}`),
  );
  return started;
}

it("runs nothing where every run is of the sources as they are", async () => {
  expect(await commandsOf({})).toEqual([]);
});

it("runs what is missing, and what is of other sources, by column", async () => {
  const { matrices, runs } = green();
  const other = { matrices: { ...matrices, ts: undefined }, runs: { ...runs, go: "others" } };
  expect(await commandsOf(other)).toEqual([
    "conformance --sdk ts",
    "conformance --sdk go",
    "conformance:connect --client go",
  ]);
});
