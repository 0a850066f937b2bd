import { resolve } from "node:path";
import { MissingTool, runScript } from "@ameideio/scripts/missing_tool.mjs";
import { inCi as isInCi } from "@ameideio/scripts/in_ci.mjs";
import { UsageError } from "../cli/arguments.js";
import { OFFICIAL, ROOT } from "../common/folders.js";
import { type ConnectOptions, readConnectArguments } from "./arguments.js";
import { loadClients, type TestedClient } from "./clients.js";
import { findRunner } from "./find_runner.js";
import { HELP } from "./help.js";
import {
  type Judged,
  makeOfficialReport,
  removeOfficialReport,
  writeOfficialReport,
} from "./report.js";
import { clientVersion, judge, runnerVersion } from "./runner.js";
import { openOfficialVerdicts, writeOfficialVerdict } from "./official_verdict.js";

/** Number of failed cases that are printed without `-v`. */
const SHOWN = 20;

/** Surroundings of a run; the defaults are those of the command. */
export interface ConnectEnvironment {
  readonly print?: (line: string) => void;
  readonly printError?: (line: string) => void;
  readonly clients?: readonly TestedClient[];
  /** Folder for the verdicts on SDKs over all cases. Default: none is written. */
  readonly verdicts?: string | undefined;
  /** Returns the path of the runner, or throws MissingTool. */
  readonly runner?: () => Promise<string>;
  /** True if every tool must be present. */
  readonly inCi?: boolean;
}

/**
 * Runs the command.
 *
 * @returns the exit code: 0 all green or nothing to run with, 1 red, 2 bad arguments.
 */
export async function runConnectCli(
  argv: readonly string[],
  environment: ConnectEnvironment = {},
): Promise<number> {
  const {
    print = (line) => void process.stdout.write(`${line}\n`),
    printError = (line) => void process.stderr.write(`${line}\n`),
    inCi = isInCi(),
  } = environment;
  try {
    const options = readConnectArguments(argv);
    if (options.help) {
      print(HELP);
      return 0;
    }
    return await run(options, { ...environment, print, printError, inCi });
  } catch (reason) {
    if (reason instanceof UsageError) {
      printError(`${reason.message} (see --help)`);
      return 2;
    }
    if (reason instanceof MissingTool) {
      printError(inCi ? reason.message : `skipped: ${reason.message}`);
      return inCi ? 1 : 0;
    }
    throw reason;
  }
}

type Printing = ConnectEnvironment &
  Required<Pick<ConnectEnvironment, "print" | "printError" | "inCi">>;

async function run(options: ConnectOptions, environment: Printing): Promise<number> {
  const { print, printError, inCi } = environment;
  const known = environment.clients ?? loadClients(OFFICIAL.clients);
  const clients = select(known, options.clients);
  if (options.report !== undefined) {
    removeOfficialReport(options.report);
  }
  const runner = await (environment.runner ?? findRunner)();
  const version = await runnerVersion(runner);
  print(version);

  const verdicts = options.cases.length === 0 ? environment.verdicts : undefined;
  const runs = await openOfficialVerdicts(verdicts, clients);
  const build = builder();
  const judged: Judged[] = [];
  let isGreen = true;
  for (const client of clients) {
    try {
      await build(client);
      const verdict = await judge(client, {
        runner,
        config: client.config ?? OFFICIAL.config,
        cwd: ROOT,
        cases: options.cases,
        onServer: (line) => printError(`  ${client.id}: ${line}`),
        onOutput: options.verbose ? printError : undefined,
      });
      judged.push({ client, verdict });
      writeOfficialVerdict(verdicts, { client, verdict, runner: version, run: runs[client.id] });
      isGreen &&= verdict.failed === 0 && verdict.total > 0;
      show({ client, verdict }, options, print);
    } catch (reason) {
      const why = reason instanceof Error ? reason.message : String(reason);
      const isLeftOut = reason instanceof MissingTool && !inCi;
      isGreen &&= isLeftOut;
      printError(`${client.id}${isLeftOut ? " is left out" : ""}: ${why}`);
    }
  }
  if (options.report !== undefined && judged.length === clients.length) {
    const entries = clients.map(async (one) => [one.id, await clientVersion(one, ROOT)] as const);
    const versions = { runner: version, ...Object.fromEntries(await Promise.all(entries)) };
    const report = makeOfficialReport(judged, versions);
    print(`written: ${writeOfficialReport(resolve(options.report), report)}`);
  }
  return isGreen ? 0 : 1;
}

/** Builds clients; one that several start is built once. */
function builder(): (client: TestedClient) => Promise<void> {
  const begun = new Map<string, Promise<string>>();
  return async ({ build }) => {
    if (build !== undefined) {
      const key = build.join(" ");
      const building = begun.get(key) ?? runScript(build);
      begun.set(key, building);
      await building;
    }
  };
}

function show(
  { client, verdict }: Judged,
  { verbose }: ConnectOptions,
  print: (line: string) => void,
) {
  const { total, passed, failed, known, failures } = verdict;
  const shown = verbose ? failures : failures.slice(0, SHOWN);
  for (const failure of shown) {
    print(`✗ ${client.id}  ${failure}`);
  }
  if (shown.length < failures.length) {
    print(`… ${failures.length - shown.length} more, printed with -v`);
  }
  const expected = known > 0 ? `, ${known} failed as known` : "";
  print(`${client.id}: ${passed} of ${total} passed, ${failed} failed${expected}`);
}

function select(known: readonly TestedClient[], ids: readonly string[]): readonly TestedClient[] {
  for (const id of ids) {
    if (!known.some((client) => client.id === id)) {
      const names = known.map((client) => client.id).join(", ");
      throw new UsageError(`--client ${id}: there is no such client, there are ${names}`);
    }
  }
  return ids.length === 0 ? known : known.filter(({ id }) => ids.includes(id));
}
