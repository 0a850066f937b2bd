import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));
const run = promisify(execFile);
const VERSION = "v0.0.0";

/**
 * Packs Go modules of the repository as a module proxy serves them, and gives the environment in which
 * Go takes them from there, and what else it needs from what it has downloaded before.
 *
 * @param folder - Where proxy and module cache go.
 * @param modules - Folders of modules, relative to the root.
 */
export async function goProxy(
  folder: string,
  modules: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  for (const module of modules) {
    await pack(join(ROOT, module), folder);
  }
  const { stdout } = await run("go", ["env", "GOMODCACHE", "GOPROXY"]);
  const [cache = "", proxy = ""] = stdout.trim().split("\n");
  return {
    GOPROXY: [pathToFileURL(folder), pathToFileURL(join(cache, "cache/download")), proxy].join(","),
    GOMODCACHE: join(folder, "modules"),
    GOFLAGS: "-modcacherw",
    GONOSUMDB: "*",
    GOWORK: "off",
  };
}

async function pack(source: string, folder: string): Promise<void> {
  const goMod = await readFile(join(source, "go.mod"), "utf8");
  const [, path = ""] = /^module (\S+)$/m.exec(goMod) ?? [];
  const at = join(folder, path, "@v");
  await mkdir(at, { recursive: true });
  await writeFile(join(at, "list"), `${VERSION}\n`);
  await writeFile(join(at, `${VERSION}.info`), JSON.stringify({ Version: VERSION }));
  await writeFile(join(at, `${VERSION}.mod`), goMod);
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: source,
  });
  const files = stdout.trim().split("\n");
  // Of a module inside it another zip is made.
  const inner = files.filter((file) => /.\/go\.mod$/.test(file)).map((file) => file.slice(0, -6));
  const own = files.filter((file) => !inner.some((other) => file.startsWith(other)));
  await run("python3", [
    "-c",
    ZIP,
    source,
    join(at, `${VERSION}.zip`),
    `${path}@${VERSION}`,
    ...own,
  ]);
}

const ZIP = `
import sys, zipfile
source, target, prefix, *files = sys.argv[1:]
with zipfile.ZipFile(target, "w") as archive:
    for file in files:
        archive.write(f"{source}/{file}", f"{prefix}/{file}")
`;

/** Builds wheels of distributions of the repository, and installs them in a folder of their own. */
export async function wheelsIn(
  folder: string,
  { python, distributions }: { readonly python: string; readonly distributions: readonly string[] },
): Promise<string> {
  const [wheels, site] = [join(folder, "wheels"), join(folder, "site")];
  for (const distribution of distributions) {
    const args = ["-m", "build", "--wheel", "--no-isolation", "--outdir", wheels];
    await run(python, [...args, join(ROOT, distribution)]);
  }
  const built = (await readdir(wheels)).map((file) => join(wheels, file));
  const install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site];
  await run(python, [...install, ...built]);
  return site;
}
