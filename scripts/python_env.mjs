// @ts-check
// One virtual environment for every Python lane, in .cache/venv: third parties from the hashed lock,
// then our own distributions, editable. Of another interpreter there may be one beside it.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { run } from "./command.mjs";
import { MissingTool } from "./missing_tool.mjs";
import { isOnPath } from "./preflight.mjs";

const OLDEST_PYTHON = [3, 11];
const LOCK = "tools/requirements.lock";
const OWN_DISTRIBUTIONS = [
  "packages/core-proto/python",
  "packages/conformance-proto/python",
  "packages/sdk-python",
];

/**
 * Ensures that the environment exists and returns the folder of its programs. Its content is
 * identified by the hash of its inputs, so a second call costs milliseconds.
 *
 * @param {string} root
 * @param {{ python?: string, name?: string }} [options] Interpreter, and name of the environment. By
 *   default the interpreter is the one that the environment was made with, at first `python3`.
 * @returns {Promise<string>}
 * @throws {MissingTool} If there is no Python, or one that is too old.
 * @throws {Error} When pip fails.
 */
export async function pythonEnvironment(root, { python, name = "venv" } = {}) {
  const venv = join(root, ".cache", name);
  const bin = join(venv, process.platform === "win32" ? "Scripts" : "bin");
  const marker = join(venv, ".ameide");
  const ofVenv = join(bin, "python");
  /** @param {string} interpreter */
  const keyFor = async (interpreter) => keyOf(root, await pythonVersion(root, interpreter));
  /** @param {string} key */
  const isReady = (key) => existsSync(marker) && readFileSync(marker, "utf8") === key;

  // Its own tells its version in milliseconds, where python3 may be a script that looks for one.
  const isMade = python === undefined && isOnPath("python3") && existsSync(ofVenv);
  if (isMade && isReady(await keyFor(ofVenv))) {
    return bin;
  }
  const program = python ?? "python3";
  const key = await keyFor(program);
  if (isReady(key)) {
    return bin;
  }
  await alone(`${venv}.lock`, async () => {
    if (isReady(key)) {
      return;
    }
    rmSync(venv, { recursive: true, force: true });
    await must(program, ["-m", "venv", venv], root);
    const install = ["-m", "pip", "install", "--quiet", "--no-deps"];
    await must(ofVenv, [...install, "--require-hashes", "-r", LOCK], root);
    for (const path of distributionsIn(root)) {
      await must(ofVenv, [...install, "--no-build-isolation", "-e", path], root);
    }
    writeFileSync(marker, key);
  });
  return bin;
}

/**
 * Identifies what an environment is made of.
 *
 * @param {string} root
 * @param {string} version Of its Python.
 */
function keyOf(root, version) {
  const hash = createHash("sha256")
    .update(version)
    .update(readFileSync(join(root, LOCK)));
  for (const path of distributionsIn(root)) {
    hash.update(installedBy(readFileSync(join(root, path, "pyproject.toml"), "utf8")));
  }
  return hash.digest("hex");
}

/** @param {string} root */
function distributionsIn(root) {
  return OWN_DISTRIBUTIONS.filter((path) => existsSync(join(root, path, "pyproject.toml")));
}

/**
 * The tables of a pyproject.toml that say what is installed; linters and tests have theirs beside them.
 *
 * @param {string} text
 */
function installedBy(text) {
  const tables = text.split(/^(?=\[)/m);
  return tables.filter((table) => !/^\[tool\.(?!hatch\b)/.test(table)).join("");
}

/**
 * @param {string} root
 * @param {string} python
 */
async function pythonVersion(root, python) {
  const wanted = OLDEST_PYTHON.join(".");
  const { code, stdout } = await run(python, ["--version"], { cwd: root, timeoutMs: 30_000 });
  const [, major, minor] = /^Python (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (code !== 0 || major === undefined || minor === undefined) {
    throw new MissingTool(`${python} was not found: install Python ${wanted} or newer`);
  }
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_PYTHON;
  if (
    Number(major) < oldestMajor ||
    (Number(major) === oldestMajor && Number(minor) < oldestMinor)
  ) {
    throw new MissingTool(`${stdout.trim()} is too old: install Python ${wanted} or newer`);
  }
  return stdout;
}

/**
 * Runs `use` while no other process does: lanes run at the same time and share the environment. A
 * lock whose owner is gone does not count.
 *
 * @param {string} lock
 * @param {() => Promise<void>} use
 */
async function alone(lock, use) {
  mkdirSync(join(lock, ".."), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch {
      if (!isHeld(lock)) {
        rmSync(lock, { force: true });
      } else {
        await sleep(200);
      }
    }
  }
  try {
    await use();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
async function must(program, args, cwd) {
  const { code, stdout, stderr } = await run(program, args, { cwd, timeoutMs: 600_000 });
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${stderr}${stdout}`.trimEnd());
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  try {
    console.log(await pythonEnvironment(root));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof MissingTool ? 3 : 1;
  }
}
