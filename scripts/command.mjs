// @ts-check
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

/**
 * @typedef {object} Outcome
 * @property {number} code Exit code; 124 when the time was up, 127 when the program does not exist.
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Runs a program to its end without a shell and without stdin. Never throws: what went wrong is in
 * the outcome. The workspace's own tools (`node_modules/.bin` of `cwd`) are found first.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, input?: string }} options
 *   `timeoutMs` defaults to 300,000; then the whole process group is killed.
 * @returns {Promise<Outcome>}
 */
export function run(program, args, { cwd, env = {}, timeoutMs = 300_000, input }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      detached: true,
      env: { ...process.env, ...env, PATH: withTools(cwd) },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    /** @type {{ stdout: Buffer[], stderr: Buffer[] }} */
    const chunks = { stdout: [], stderr: [] };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child, "SIGKILL");
    }, timeoutMs);
    // What it has started and made is its own to end.
    const stop = () => killGroup(child, "SIGTERM");
    process.once("exit", stop);
    /** @param {number} code @param {string} [extra] */
    const settle = (code, extra = "") => {
      clearTimeout(timer);
      process.off("exit", stop);
      const stdout = Buffer.concat(chunks.stdout).toString();
      const stderr = Buffer.concat(chunks.stderr).toString() + extra;
      resolve({ code, stdout, stderr });
    };
    child.stdout?.on("data", (chunk) => chunks.stdout.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.stderr.push(chunk));
    child.on("error", (error) => settle(127, `${program}: ${error.message}\n`));
    child.on("close", (code) => {
      if (timedOut) {
        settle(124, `${program} took longer than ${timeoutMs / 1000} s\n`);
      } else {
        settle(code ?? 1);
      }
    });
    if (input !== undefined) {
      child.stdin?.end(input);
    }
  });
}

/**
 * Signals a child that was started detached, and everything it started.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
export function killGroup(child, signal) {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** @param {string} root */
export function withTools(root) {
  return [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
}
