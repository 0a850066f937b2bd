import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestedClient } from "./clients.js";
import { readVerdict, type Verdict } from "./verdict.js";

/** Number of lines of standard error that are shown when the runner itself fails. */
const SHOWN = 20;

/** Options for having the runner judge a client. */
export interface JudgeOptions {
  /** Path of the built runner. */
  readonly runner: string;
  /** Configuration of the runner: the abilities of the clients. */
  readonly config: string;
  /** Folder in which clients are started. */
  readonly cwd: string;
  /** Patterns of the runner; empty for all cases. */
  readonly cases: readonly string[];
  /** Called for each server that the runner starts, with its description and number of cases. */
  readonly onServer?: ((line: string) => void) | undefined;
  /** Receives all output of the runner, if given. */
  readonly onOutput?: ((line: string) => void) | undefined;
}

/**
 * Has the runner judge a client.
 *
 * @throws Error with the runner's output, if it did not finish, or failed without naming a case.
 */
export async function judge(
  { command, knownFailing, knownFlaky }: TestedClient,
  { runner, config, cwd, cases, onServer, onOutput }: JudgeOptions,
): Promise<Verdict> {
  const known = `@${knownFailing}`;
  const args = ["--mode", "client", "--conf", config, "-v", "--known-failing", known].concat(
    knownFlaky === undefined ? [] : ["--known-flaky", `@${knownFlaky}`],
    cases.flatMap((pattern) => ["--run", pattern]),
    "--",
    command,
  );
  const { code, stdout, stderr } = await start([runner, ...args], cwd, (line) => {
    onOutput?.(line);
    const [, server] = /^Running (\d+ tests .*)\.\.\.$/.exec(line) ?? [];
    if (server !== undefined) {
      onServer?.(server);
    }
  });
  const said = () => (stderr.length > 0 ? `:\n${stderr.slice(-SHOWN).join("\n")}` : "");
  let verdict: Verdict;
  try {
    verdict = readVerdict(stdout.join("\n"));
  } catch (reason) {
    throw new Error(`${(reason as Error).message} (exit code ${code})${said()}`, {
      cause: reason,
    });
  }
  if (code !== 0 && verdict.failed === 0) {
    throw new Error(`the runner ended with exit code ${code}, though no case failed${said()}`);
  }
  return verdict;
}

/** Returns the name and version that the runner states. */
export async function runnerVersion(runner: string): Promise<string> {
  return versionOf([runner, "--version"]);
}

/** Returns the versions that a client states of its parts. */
export function clientVersion({ command }: TestedClient, cwd: string): Promise<string> {
  return versionOf([...command, "--version"], cwd);
}

async function versionOf(command: readonly [string, ...string[]], cwd = "."): Promise<string> {
  const { code, stdout, stderr } = await start(command, cwd);
  if (code !== 0 || stdout[0] === undefined) {
    throw new Error(`${command.join(" ")} told no version:\n${stderr.slice(-SHOWN).join("\n")}`);
  }
  return stdout[0];
}

interface Ended {
  readonly code: number | string;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

async function start(
  [program, ...args]: readonly [string, ...string[]],
  cwd: string,
  onLine?: (line: string) => void,
): Promise<Ended> {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  // The client ends with the runner, because its input does.
  const stop = () => void child.kill();
  process.once("exit", stop);
  const lines = async (input: NodeJS.ReadableStream) => {
    const all: string[] = [];
    for await (const line of createInterface({ input })) {
      all.push(line);
      onLine?.(line);
    }
    return all;
  };
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  try {
    const [code, stdout, stderr] = await Promise.all([
      ended,
      lines(child.stdout),
      lines(child.stderr),
    ]);
    return { code, stdout, stderr };
  } finally {
    process.off("exit", stop);
  }
}
