import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const START = fileURLToPath(new URL("../../dist/demo/start.js", import.meta.url));

/** What a command came to. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command, running. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves with all of stdout so far once that matches. */
  printed(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the built command as its users do, without a terminal. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [START, ...args], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return {
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(stdout) && resolve(stdout);
        child.stdout.on("data", look);
        look();
        ended.then(
          () => reject(new Error(`ended before it printed ${String(pattern)}: ${stdout}${stderr}`)),
          reject,
        );
      }),
    kill: (signal) => child.kill(signal),
  };
}

/** Runs the built command to its end. */
export function run(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}
