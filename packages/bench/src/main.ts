import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { entryPath } from "./bundle.js";
import { timeImport } from "./children.js";
import { isValid, NAMES } from "./goals.js";
import { GoBench } from "./go.js";
import { GO_COMPARED, GO_POLICIES, type GoRow } from "./go_rows.js";
import { PythonBench } from "./python.js";
import { generateHundred } from "./hundred.js";
import { type Effort, FULL, measureBundles, measureImport, measureRow, QUICK } from "./measure.js";
import { measureManifest } from "./manifest.js";
import { isNetworkValid } from "./network/goals.js";
import { measureNetwork, NETWORK_FULL, NETWORK_QUICK } from "./network/measure.js";
import { networkReport } from "./network/report.js";
import { report } from "./report.js";
import type { GoResults, ImportResult, PythonResults, Results, RowResult } from "./results.js";
import { COMPARED, POLICIES, type Row } from "./rows.js";

const HELP = `Usage: npx -y pnpm@12.21.0 bench [--quick] [--network] [--report FOLDER]

Measures what the SDK costs against the bare Connect client: the time and the
bytes of a call, import, and bundle; what the manifest of a large module does;
and the CPU time of the SDK's process beside that of others that call the same
server. Under ten minutes on a machine that does nothing else, and the last
some minutes more.

  --quick          the few rows that have goals, 3 processes instead of 7: to
                   look at while working, not to quote
  --network        only the rows between two processes
  --report FOLDER  write bench.json and bench.txt there
  --help           this text

Exit code 0: measured, even if a goal is not met; 1: it failed, or a control
row (the bare client against itself) is not within 0.99 to 1.01, between two
processes 0.95 to 1.05, or for Go if benchstat tells the two apart, so that no
time of the run means anything; 2: wrong arguments.
`;

/** Runs the benchmark as the command line says; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const values = read(args);
  if (values === undefined) {
    return 2;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { valid, text, results } = await run(values);
  process.stdout.write(`${text}\n`);
  if (values.report !== undefined) {
    await mkdir(values.report, { recursive: true });
    const json = JSON.stringify({ valid, ...results }, undefined, 2);
    await writeFile(join(values.report, "bench.json"), `${json}\n`);
    await writeFile(join(values.report, "bench.txt"), `${text}\n`);
  }
  return valid ? 0 : 1;
}

async function run({
  quick,
  network: only,
}: {
  readonly quick: boolean;
  readonly network: boolean;
}) {
  const network = () => measureNetwork(quick ? NETWORK_QUICK : NETWORK_FULL, progress);
  if (only) {
    const results = { node: process.versions.node, network: await network() };
    return { valid: isNetworkValid(results.network), text: networkReport(results), results };
  }
  const results = { ...(await measure(quick)), network: await network() };
  return { valid: isValid(results), text: report(results), results };
}

// Says what is wrong with arguments, and returns undefined.
function read(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      // pnpm passes its own separator on.
      args: args.filter((arg) => arg !== "--"),
      options: {
        quick: { type: "boolean", default: false },
        network: { type: "boolean", default: false },
        report: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${text.split(/\. |\n/)[0]} (see --help)\n`);
    return undefined;
  }
}

async function measure(quick: boolean): Promise<Results> {
  const effort = quick ? QUICK : FULL;
  const rowsOf = (rows: readonly Row[]) => rows.filter((row) => !quick || row.quick === true);
  const measureRows = async (rows: readonly Row[]) => {
    const found: RowResult[] = [];
    for (const row of rowsOf(rows)) {
      progress(`${row.name}: ${effort.processes} processes`);
      found.push(await measureRow(row, effort));
    }
    return found;
  };
  const compared = await measureRows(COMPARED);
  const policies = await measureRows(POLICIES);
  progress("imports and bundles; generating 100 services");
  const hundred = await generateHundred();
  try {
    const imports: ImportResult[] = [];
    const node = { base: entryPath("bare_node"), other: entryPath("sdk_node") };
    imports.push(await measureImport(NAMES.importSdk, node, effort, timeImport));
    const roster = { base: hundred.node.one, other: hundred.node.roster };
    imports.push(await measureImport(NAMES.importRoster, roster, effort, timeImport));
    const bundles = await measureBundles(hundred);
    progress("the manifest of 1000 services");
    const manifest = await measureManifest();
    const go = await measureGo(quick, effort);
    const python = await measurePython(effort);
    return {
      node: process.versions.node,
      processes: effort.processes,
      compared,
      policies,
      imports,
      bundles,
      manifest,
      ...(go === undefined ? {} : { go }),
      ...(python === undefined ? {} : { python }),
    };
  } finally {
    await rm(hundred.folder, { recursive: true, force: true });
  }
}

async function measureGo(
  quick: boolean,
  { goProcesses: processes }: Effort,
): Promise<GoResults | undefined> {
  let bench: GoBench;
  try {
    bench = await GoBench.build();
  } catch (error) {
    if (error instanceof MissingTool && !inCi()) {
      progress(`no rows of Go: ${error.message}`);
      return undefined;
    }
    throw error;
  }
  try {
    const rowsOf = (rows: readonly GoRow[]) => rows.filter((row) => !quick || row.quick === true);
    progress(`Go: ${processes} processes`);
    const compared = await bench.measure(rowsOf(GO_COMPARED), processes);
    const policies = quick ? [] : await bench.measure(GO_POLICIES, processes);
    return { processes, compared, policies };
  } finally {
    await bench.close();
  }
}

async function measurePython(effort: Effort): Promise<PythonResults | undefined> {
  let bench: PythonBench;
  try {
    bench = await PythonBench.build();
  } catch (error) {
    if (error instanceof MissingTool && !inCi()) {
      progress(`no rows of Python: ${error.message}`);
      return undefined;
    }
    throw error;
  }
  progress(`Python: ${effort.processes} processes`);
  let go: GoBench;
  try {
    go = await GoBench.build();
  } catch (error) {
    if (error instanceof MissingTool && !inCi()) {
      progress("no rows of Python on loopback, whose server is Go's");
      return bench.measure(undefined, effort);
    }
    throw error;
  }
  try {
    const server = await go.serve();
    try {
      return await bench.measure(server.address, effort);
    } finally {
      server.stop();
    }
  } finally {
    await go.close();
  }
}

function progress(text: string): void {
  process.stderr.write(`… ${text}\n`);
}
