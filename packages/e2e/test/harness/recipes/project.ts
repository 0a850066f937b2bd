import { execFile } from "node:child_process";
import { cp, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { installPinned } from "../../../src/common/pinned_install.js";
import { writeFiles } from "./page.js";

const run = promisify(execFile);
const TARBALLS = fileURLToPath(new URL("../../../../../scripts/tarballs.mjs", import.meta.url));

/** The project of a user, outside the repository, with the SDK in its node_modules. */
export interface Project {
  readonly folder: string;
  /** What `pnpm tarballs` said. */
  readonly said: string;
  /** Makes a folder below, with files in it. */
  add(name: string, files: Parameters<typeof writeFiles>[1]): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Makes the project: what its programs are is installed at the versions of `packages/e2e/recipes`,
 * the SDK by the line that `pnpm tarballs` prints, as it is.
 */
export async function createProject(): Promise<Project> {
  const modules = await installPinned("recipes");
  const folder = await realpath(await mkdtemp(join(tmpdir(), "ameide-recipes-")));
  const project: Omit<Project, "said"> = {
    folder,
    async add(name, files) {
      const into = join(folder, name);
      await writeFiles(into, files);
      return into;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  try {
    await run("cp", ["-R", modules, folder]);
    for (const name of ["package.json", "package-lock.json"]) {
      await cp(join(dirname(modules), name), join(folder, name));
    }
    const { stdout } = await run(process.execPath, [TARBALLS, join(folder, "tarballs")]);
    const line = /^ *(npm install .*)$/m.exec(stdout)?.[1] ?? "";
    const quiet = { npm_config_audit: "false", npm_config_fund: "false" };
    const env = { ...process.env, ...quiet, npm_config_ignore_scripts: "true" };
    await run("sh", ["-c", line], { cwd: folder, env });
    return { ...project, said: stdout };
  } catch (error) {
    await project.remove();
    throw error;
  }
}
