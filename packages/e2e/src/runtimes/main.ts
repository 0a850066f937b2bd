import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { runCommand } from "../common/run_command.js";
import { type Column, runMatrix } from "./matrix.js";
import { problemsOf, writeReport } from "./report.js";
import { RUNTIMES } from "./runtimes.js";
import { tableIn, tableOf, withTable } from "./table.js";

const PAGE = new URL("../../../../docs/runtimes.md", import.meta.url);
const HELP = new URL("../../runtimes/help.txt", import.meta.url);

// The reader of a pipe may close it early, as `head` does.
process.stdout.on("error", () => process.exit(1));

process.exitCode = await runCommand(process.argv.slice(2), readArguments, main);

function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true },
      write: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const { only, write = false, help = false } = values;
  if (write && only !== undefined) {
    throw new Error("--write needs all runtimes, not --only some");
  }
  return { only: only && choose(only), write, help };
}

async function main({ only, write, help }: ReturnType<typeof readArguments>): Promise<number> {
  if (help) {
    process.stdout.write(readFileSync(HELP, "utf8"));
    return 0;
  }
  const columns = await runMatrix(only, tell);
  say(`written: ${await writeReport(columns)}`);
  const unseen = columns.filter(({ seen }) => "missing" in seen);
  if (columns.some((column) => problemsOf(column).length > 0)) {
    return 1;
  }
  if (unseen.length > 0) {
    return inCi() || write ? 1 : 0;
  }
  return only === undefined ? compare(columns, write) : 0;
}

function choose(ids: readonly string[]) {
  return ids.map((id) => {
    const runtime = RUNTIMES.find((each) => each.id === id);
    const known = RUNTIMES.map((each) => each.id).join(", ");
    if (runtime === undefined) {
      throw new Error(`there is no runtime ${id}; there are ${known}`);
    }
    return runtime;
  });
}

function tell(column: Column, ms: number): void {
  const { runtime, entry, seen } = column;
  const where = `${runtime.title} /${entry}`.padEnd(16);
  if ("missing" in seen) {
    say(`- ${where} ${inCi() ? "missing" : "left out"}: ${seen.missing}`);
    return;
  }
  const problems = problemsOf(column);
  const said = "outcomes" in seen ? counted(seen.outcomes) : "crashed";
  say(`${problems.length > 0 ? "✗" : "✓"} ${where} ${said}, ${(ms / 1000).toFixed(1)} s`);
  for (const problem of problems) {
    say(`    ${problem.replaceAll("\n", "\n    ")}`);
  }
}

function counted(outcomes: readonly { readonly result: string }[]): string {
  const count = (result: string) => outcomes.filter((each) => each.result === result).length;
  const broken = count("broken");
  return `${count("yes")} yes, ${count("no")} no${broken > 0 ? `, ${broken} broken` : ""}`;
}

function compare(columns: readonly Column[], write: boolean): number {
  const page = readFileSync(PAGE, "utf8");
  const table = tableOf(columns);
  if (tableIn(page) === table) {
    return 0;
  }
  if (write) {
    writeFileSync(PAGE, withTable(page, table));
    say("docs/runtimes.md has the new table");
    return 0;
  }
  complain("docs/runtimes.md does not say what was seen: pnpm runtimes --write");
  return 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}
