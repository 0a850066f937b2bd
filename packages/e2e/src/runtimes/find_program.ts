import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { PLATFORM, type Runtime } from "./runtimes.js";

/** A runtime that is not on this machine. The message says what to do, in one line. */
export class MissingRuntime extends Error {
  override name = "MissingRuntime";
}

const BROWSERS = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];

/** For apt-get: asks nothing, and waits while another installs something. */
const PATIENT = ["-y", "-qq", "-o", "DPkg::Lock::Timeout=300"];

/**
 * The program of a runtime.
 *
 * @param modules - Folder of the installed packages.
 * @throws MissingRuntime
 */
export async function findProgram(runtime: Runtime, modules: string): Promise<string> {
  if (runtime.programs === undefined) {
    return findBrowser();
  }
  const path = runtime.programs[PLATFORM];
  if (path === undefined) {
    throw new MissingRuntime(`${runtime.title} comes in no package for ${PLATFORM}`);
  }
  const program = join(modules, path);
  if (!(await isProgram(program))) {
    throw new MissingRuntime(`npm installed no ${runtime.title} for ${PLATFORM}`);
  }
  return program;
}

/**
 * A browser by CHROME_PATH or PATH; where Debian's packages can be installed, Debian's.
 *
 * @throws MissingRuntime
 */
export async function findBrowser(): Promise<string> {
  const told = process.env["CHROME_PATH"];
  if (told !== undefined && told !== "") {
    if (await isProgram(told)) {
      return told;
    }
    throw new MissingRuntime(`CHROME_PATH names ${told}, which is no program`);
  }
  const found = await onPath(BROWSERS);
  if (found !== undefined) {
    return found;
  }
  if (process.getuid?.() === 0 && (await onPath(["apt-get"])) !== undefined) {
    await installBrowser();
    const installed = await onPath(BROWSERS);
    if (installed !== undefined) {
      return installed;
    }
  }
  throw new MissingRuntime("Chromium was not found: install it, or name one by CHROME_PATH");
}

async function installBrowser(): Promise<void> {
  const run = promisify(execFile);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", [...PATIENT, "update"], { env });
    await run("apt-get", [...PATIENT, "install", "--no-install-recommends", "chromium"], { env });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const line = stderr.split("\n").find((each) => each.startsWith("E:")) ?? String(error);
    throw new MissingRuntime(`Chromium could not be installed: ${line}`, { cause: error });
  }
}

async function onPath(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      if (folder !== "" && (await isProgram(join(folder, name)))) {
        return join(folder, name);
      }
    }
  }
  return undefined;
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
