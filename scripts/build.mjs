// @ts-check
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { killGroup, withTools } from "./command.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds packages and all they depend on; stubs are generated anew when a proto changed. Progress
 * goes to stderr where that is a terminal, and what turbo said only when the build failed.
 *
 * @param {string[]} names
 * @returns {Promise<boolean>} Whether they are built.
 */
export function build(...names) {
  const filters = names.map((name) => `--filter=${name}...`);
  const args = ["run", "build", ...filters, "--ui=stream", "--log-order=stream"];
  args.push("--output-logs=new-only", "--no-update-notifier");
  const started = performance.now();
  const progress = progressLine();
  return new Promise((resolve) => {
    const child = spawn("turbo", args, {
      cwd: root,
      detached: true,
      env: { ...process.env, PATH: withTools(root), TURBO_TELEMETRY_DISABLED: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    /** @type {Buffer[]} */
    const said = [];
    /** @param {Buffer} chunk */
    const hear = (chunk) => {
      said.push(chunk);
      const tasks = [...chunk.toString().matchAll(/^(\S+):\S+: cache miss/gm)];
      const task = tasks.at(-1)?.[1];
      if (task !== undefined) {
        progress.show(`building ${task}`);
      }
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const interrupt = () => killGroup(child, "SIGINT");
    const signals = /** @type {const} */ (["SIGINT", "SIGTERM"]);
    for (const signal of signals) {
      process.on(signal, interrupt);
    }
    /** @param {boolean} built @param {string} [problem] */
    const settle = (built, problem = "") => {
      for (const signal of signals) {
        process.off(signal, interrupt);
      }
      progress.clear();
      if (!built) {
        process.stderr.write(Buffer.concat(said).toString() + problem);
      } else if (progress.shown) {
        progress.leave(`built in ${seconds(performance.now() - started)}`);
      }
      resolve(built);
    };
    child.on("error", (error) =>
      settle(false, `turbo: ${error.message} (run the install first)\n`),
    );
    child.on("close", (code) => settle(code === 0));
  });
}

/** One line on a terminal that is written over again; nothing elsewhere. */
function progressLine() {
  const { stderr } = process;
  return {
    shown: false,
    /** @param {string} text */
    show(text) {
      if (!stderr.isTTY) {
        return;
      }
      this.shown = true;
      stderr.write(`\r\u001b[K${text}`);
    },
    /** @param {string} text */
    leave(text) {
      stderr.write(`${text}\n`);
    },
    clear() {
      if (this.shown) {
        stderr.write("\r\u001b[K");
      }
    },
  };
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}
