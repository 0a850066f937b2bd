import process from "node:process";
import { integrationMode, type IntegrationMode } from "@ameideio/ameide-sdk-ts/testing";
import { runCommand } from "../common/run_command.js";
import { clusterOptions } from "./cluster.js";
import { type SuiteResult, runSuite, suites } from "./suites.js";
import { table } from "./table.js";

process.exitCode = await runCommand(process.argv.slice(2), readMode, main);

function readMode(args: readonly string[]): IntegrationMode {
  const unknown = args.find((argument) => argument !== "--");
  if (unknown !== undefined) {
    throw new Error(`unknown argument ${unknown}`);
  }
  const mode = integrationMode();
  if (mode === "cluster") {
    clusterOptions(process.env);
  }
  return mode;
}

async function main(mode: IntegrationMode): Promise<number> {
  print(`mode: ${mode}`);
  const results: SuiteResult[] = [];
  for (const suite of suites()) {
    if (process.stderr.isTTY) {
      process.stderr.write(`${suite.sdk} …\n`);
    }
    results.push(await runSuite(suite, mode));
  }
  // What went wrong comes before the table, which a person reads last.
  const failed = results.filter(({ exitCode }) => exitCode !== 0);
  for (const { sdk, output } of failed) {
    print(`\n--- ${sdk}\n${output.trimEnd()}\n`);
  }
  print(table(results));
  for (const { sdk, concerns, exitCode, output } of results) {
    if (concerns === undefined && exitCode === 0) {
      print(`${sdk} was left out: ${output.trim().split("\n").at(-1)}`);
    }
  }
  const all = results.flatMap(({ concerns }) => concerns ?? []);
  const held = all.filter(({ passed }) => passed).length;
  print(`\nverdict: ${held} of ${all.length} hold`);
  return failed.length === 0 && held === all.length && held > 0 ? 0 : 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
