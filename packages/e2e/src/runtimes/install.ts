import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PLATFORM, RUNTIMES } from "./runtimes.js";

const LIST = fileURLToPath(new URL("../../runtimes/", import.meta.url));
const CACHE = fileURLToPath(new URL("../../../../.cache/runtimes/", import.meta.url));
const FILES = ["package.json", "package-lock.json"];

/**
 * Makes sure that the runtimes of `packages/e2e/runtimes` are there, each at
 * its exact version and with the contents its lock names, and gives their
 * folder. The first call of a version of the list downloads them by npm; later
 * ones cost nothing.
 *
 * @throws Error, in one line, when npm cannot, or left out one that there is for this platform.
 */
export async function installRuntimes(): Promise<string> {
  const texts = await Promise.all(FILES.map((name) => readFile(join(LIST, name))));
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  const version = hash.digest("hex").slice(0, 16);
  const folder = join(CACHE, version);
  if (await exists(folder)) return join(folder, "node_modules");

  // Beside its place and then moved there, for others may do the same just now.
  const making = join(CACHE, `${version}.${process.pid}`);
  await mkdir(making, { recursive: true });
  for (const name of FILES) await cp(join(LIST, name), join(making, name));
  await npmCi(making);
  await refuseIncomplete(making);
  await rename(making, folder).catch(async (error: unknown) => {
    await rm(making, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  });
  await forgetOthers(version);
  return join(folder, "node_modules");
}

async function npmCi(cwd: string): Promise<void> {
  try {
    await promisify(execFile)("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd,
    });
  } catch (error) {
    await rm(cwd, { recursive: true, force: true });
    const { stderr = "" } = error as { stderr?: string };
    const line = stderr.split("\n").find((each) => each.includes("npm error")) ?? String(error);
    throw new Error(`npm could not install the runtimes: ${line}`, { cause: error });
  }
}

// To npm they are optional, for the sake of other platforms: it goes on without what it cannot get.
async function refuseIncomplete(folder: string): Promise<void> {
  for (const { title, programs } of RUNTIMES) {
    const path = programs?.[PLATFORM];
    if (path === undefined || (await exists(join(folder, "node_modules", path)))) continue;
    await rm(folder, { recursive: true, force: true });
    throw new Error(`npm could not install the runtimes: ${title} is not there`);
  }
}

// They are a gigabyte each. One that a process is making has the process's id behind a dot.
async function forgetOthers(version: string): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const [, other, maker] = /^([0-9a-f]{16})(?:\.(\d+))?$/.exec(name) ?? [];
    if (other === undefined || (other === version && maker === undefined)) continue;
    if (maker !== undefined && isRunning(Number(maker))) continue;
    await rm(join(CACHE, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
