import { existsSync } from "node:fs";
import { join } from "node:path";
import { inCi as isInCi } from "@ameideio/scripts/in_ci.mjs";
import type { AdapterCommand } from "../adapter/adapter_process.js";
import { loadAdapters } from "../adapter/adapters.js";
import { prepareAdapters } from "../adapter/prepare_adapters.js";
import { readArguments, UsageError } from "./arguments.js";
import { ADAPTERS, CASES, KNOWN_FAILING } from "../common/folders.js";
import { matchesCase } from "../suite/glob.js";
import { HELP } from "./help.js";
import { loadCases } from "../suite/load_cases.js";
import { type LoadedCase, showProblem } from "../suite/load_file.js";
import { showFailures, showMatrix, showTotals } from "../report/matrix.js";
import type { Options } from "./options.js";
import { cellsRun, isGreen, makeReport, type Report } from "../report/report_json.js";
import {
  loadKnownFailing,
  type KnownFailing,
  knownFailingProblems,
} from "../suite/known_failing.js";
import { runSuite } from "../run/run_suite.js";
import { openVerdicts, writeMatrices } from "../report/matrix_verdict.js";
import { writeReports } from "../report/write_reports.js";
import { isLimited } from "../suite/plan.js";

/** Number of red combinations that are printed without `-v`. */
const SHOWN = 20;

/** Surroundings of a run; the defaults are those of the command. */
export interface CliEnvironment {
  readonly print?: (line: string) => void;
  readonly printError?: (line: string) => void;
  readonly adapters?: readonly AdapterCommand[];
  /** Folder for the verdicts of whole runs. Default: none is written. */
  readonly verdicts?: string;
  readonly silenceMs?: number;
  /** Whether a toolchain may not be missing. */
  readonly inCi?: boolean;
}

/**
 * Runs the command.
 *
 * @returns the exit code: 0 all green, 1 red, 2 bad arguments or nothing ran.
 */
export async function runCli(
  argv: readonly string[],
  environment: CliEnvironment = {},
): Promise<number> {
  const print = environment.print ?? ((line) => void process.stdout.write(`${line}\n`));
  const printError = environment.printError ?? ((line) => void process.stderr.write(`${line}\n`));
  try {
    const options = readArguments(argv);
    if (options.help) {
      print(HELP);
      return 0;
    }
    return await run(options, { ...environment, print, printError });
  } catch (reason) {
    if (!(reason instanceof UsageError)) {
      throw reason;
    }
    printError(`${reason.message} (see --help)`);
    return 2;
  }
}

type Printing = CliEnvironment & Required<Pick<CliEnvironment, "print" | "printError">>;

async function run(options: Options, environment: Printing): Promise<number> {
  const { print, printError } = environment;
  const known = environment.adapters ?? adaptersOf(options);
  const wanted = selectAdapters(known, options.sdks);
  if (options.fuzz !== undefined) {
    const { runFuzz } = await import("../fuzz/main.js");
    const { fuzz: count, report } = options;
    return withBuilt(wanted, environment, (adapters) =>
      runFuzz({ ...options, adapters, print, count, report }),
    );
  }
  const { cases, knownFailing, problems } = loadAll(options, known);
  const selected = cases.filter((one) => isSelected(one, options.cases));
  if (options.list || selected.length === 0) {
    for (const { name, file, line } of selected) {
      print(`${name}  (${file}:${line})`);
    }
    for (const problem of problems) {
      printError(problem);
    }
    // An unreadable file has been reported already; the case may be in it.
    if (selected.length === 0 && problems.length === 0) {
      throw new UsageError(noCase(options.cases));
    }
    return problems.length > 0 ? 1 : 0;
  }
  if (options.mutate) {
    const { runMutate } = await import("../run/mutate.js");
    return withBuilt(wanted, environment, (adapters) =>
      runMutate({ adapters, print, cases: selected }),
    );
  }
  const { adapters, leftOut, problems: unbuilt } = await prepared(wanted, environment);
  for (const line of leftOut) {
    printError(line);
  }
  const isOurs = options.folders.length === 0 && options.adapters === undefined;
  const whole = isOurs && options.cases.length === 0 && !isLimited(options.filter);
  const place = await openVerdicts(
    { folder: options.verdicts ?? (whole ? environment.verdicts : undefined), whole, isOurs },
    adapters.map(({ sdk }) => sdk),
  );
  const ran = await runSuite({
    cases: selected,
    knownFailing,
    adapters,
    filter: options.filter,
    ...(environment.silenceMs === undefined ? {} : { silenceMs: environment.silenceMs }),
    onStderr: options.verbose ? (text) => void process.stderr.write(text) : undefined,
  });
  const result = { ...ran, problems: [...problems, ...unbuilt, ...ran.problems] };
  writeMatrices(result, place);
  const report = makeReport(result);
  if (options.report !== undefined) {
    await writeReports(options.report, report);
  }
  return conclude(report, options, environment);
}

function adaptersOf({ adapters }: Options): readonly AdapterCommand[] {
  if (adapters === undefined) {
    return loadAdapters(ADAPTERS.path, ADAPTERS.root);
  }
  if (!existsSync(adapters)) {
    throw new UsageError(`--adapters ${adapters}: there is no such file`);
  }
  return loadAdapters(adapters, ".");
}

function prepared(wanted: readonly AdapterCommand[], { inCi = isInCi() }: CliEnvironment) {
  return prepareAdapters(wanted, inCi);
}

/** The exit code of what runs on the adapters that could be built; 1 where one could not. */
async function withBuilt(
  wanted: readonly AdapterCommand[],
  environment: Printing,
  use: (adapters: readonly AdapterCommand[]) => Promise<number>,
): Promise<number> {
  const { adapters, leftOut, problems } = await prepared(wanted, environment);
  for (const line of [...leftOut, ...problems]) {
    environment.printError(line);
  }
  if (adapters.length === 0) {
    return problems.length > 0 ? 1 : 2;
  }
  const code = await use(adapters);
  return problems.length > 0 ? 1 : code;
}

function noCase(patterns: readonly string[]): string {
  const asked =
    patterns.length === 0 ? "there is no case" : `no case is called ${patterns.join(", ")}`;
  return `${asked}; --list prints all`;
}

function conclude(report: Report, options: Options, { print, printError }: Printing): number {
  if (report.cases.length > 0 && options.filter.quick !== true) {
    print(`${showMatrix(report)}\n`);
  }
  const failures = showFailures(report, options.verbose ? Number.POSITIVE_INFINITY : SHOWN);
  if (failures !== "") {
    print(`${failures}\n`);
  }
  if (options.report !== undefined) {
    print(`written: ${join(options.report, "report.html")}`);
  }
  const totals = showTotals(report);
  if (totals !== "") {
    print(totals);
  }
  if (!isGreen(report)) {
    return 1;
  }
  if (cellsRun(report) > 0) {
    return 0;
  }
  printError("nothing ran");
  return 2;
}

function selectAdapters(known: readonly AdapterCommand[], sdks: readonly string[]) {
  for (const sdk of sdks) {
    if (!known.some((adapter) => adapter.sdk === sdk)) {
      const names = known.map((adapter) => adapter.sdk).join(", ");
      throw new UsageError(`--sdk ${sdk}: there is no such SDK, there are ${names}`);
    }
  }
  return sdks.length === 0 ? known : known.filter(({ sdk }) => sdks.includes(sdk));
}

function isSelected(one: LoadedCase, globs: readonly string[]): boolean {
  return globs.length === 0 || globs.some((glob) => matchesCase(glob, one));
}

interface All {
  readonly cases: readonly LoadedCase[];
  readonly knownFailing: KnownFailing;
  readonly problems: readonly string[];
}

// Loads our own cases, or those of the given folders, each of which may have a list of its own.
function loadAll({ folders }: Options, known: readonly AdapterCommand[]): All {
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) {
    throw new UsageError(`--cases ${missing}: there is no such folder`);
  }
  const { cases, problems } = loadCases(folders.length === 0 ? [CASES] : folders);
  const lists = (
    folders.length === 0
      ? [KNOWN_FAILING]
      : folders.map((folder) => join(folder, "known_failing.yaml"))
  ).map((path) => loadKnownFailing(path));
  const counts = lists.flatMap(({ knownFailing: { caseCount: n } }) =>
    n === undefined ? [] : [n],
  );
  const knownFailing = {
    caseCount: counts.length === lists.length ? sum(counts) : undefined,
    skips: lists.flatMap((one) => one.knownFailing.skips),
  };
  const sdks = known.map(({ sdk }) => sdk);
  const loaded = [...problems.map(showProblem), ...lists.flatMap((one) => one.problems)];
  return {
    cases,
    knownFailing,
    // If cases could not be read, problems of the list prove nothing.
    problems: loaded.length > 0 ? loaded : knownFailingProblems(knownFailing, cases, sdks),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
