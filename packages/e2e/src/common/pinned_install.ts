import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HERE = new URL("../../", import.meta.url);
const FILES = ["package.json", "package-lock.json"];

/**
 * Makes sure that the packages of a list in `packages/e2e` are there, each at its exact version and
 * with the contents its lock names, and gives their folder. The first call of a version of the list
 * downloads them by npm; later ones cost nothing.
 *
 * @param name - Folder of the list.
 * @param missing - Lists titles of packages that are missing although npm succeeded.
 * @throws Error, in one line, when npm cannot, or something is missing.
 */
export async function installPinned(
  name: string,
  missing: (modules: string) => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<string> {
  const list = fileURLToPath(new URL(name, HERE));
  const cache = fileURLToPath(new URL(`../../.cache/${name}/`, HERE));
  const texts = await Promise.all(FILES.map((file) => readFile(join(list, file))));
  const hash = createHash("sha256");
  for (const text of texts) {
    hash.update(text);
  }
  const version = hash.digest("hex").slice(0, 16);
  const folder = join(cache, version);
  if (await exists(folder)) {
    return join(folder, "node_modules");
  }

  // Beside its place and then moved there, for others may do the same just now.
  const making = join(cache, `${version}.${process.pid}`);
  await mkdir(making, { recursive: true });
  try {
    for (const file of FILES) {
      await cp(join(list, file), join(making, file));
    }
    await npmCi(name, making);
    const what = await missing(join(making, "node_modules"));
    if (what !== undefined) {
      throw new Error(`npm could not install the ${name}: ${what} is not there`);
    }
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
  await rename(making, folder).catch(async (error: unknown) => {
    await rm(making, { recursive: true, force: true });
    if (!(await exists(folder))) {
      throw error;
    }
  });
  await forgetOthers(cache, version);
  return join(folder, "node_modules");
}

async function npmCi(name: string, cwd: string): Promise<void> {
  try {
    await promisify(execFile)("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd,
    });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const line = stderr.split("\n").find((each) => each.includes("npm error")) ?? String(error);
    throw new Error(`npm could not install the ${name}: ${line}`, { cause: error });
  }
}

// They are up to a gigabyte each. One that a process is making has the process's id behind a dot.
async function forgetOthers(cache: string, version: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const [, other, maker] = /^([0-9a-f]{16})(?:\.(\d+))?$/.exec(name) ?? [];
    if (other === undefined || (other === version && maker === undefined)) {
      continue;
    }
    if (maker !== undefined && isRunning(Number(maker))) {
      continue;
    }
    await rm(join(cache, name), { recursive: true, force: true });
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
