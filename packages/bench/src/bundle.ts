import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

/** Size of an entry as a minified bundle, in bytes. */
export interface Weight {
  readonly minified: number;
  readonly gzip: number;
}

/**
 * Bundles a module as a browser gets it: the entry and everything it needs at once.
 *
 * @param loaded - Modules that it loads by `import()` and that count too.
 */
export async function weigh(entry: string, ...loaded: readonly string[]): Promise<Weight> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    splitting: true,
    outdir: "out",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const contents = new Map(
    Object.keys(metafile.outputs).map((path) => [
      path,
      outputFiles.find((file) => basename(file.path) === basename(path))?.contents,
    ]),
  );
  const files = atOnce(metafile, [entry, ...loaded]).map((path) => {
    const found = contents.get(path);
    if (found === undefined) {
      throw new Error(`esbuild made no ${path} of ${entry}`);
    }
    return found;
  });
  return {
    minified: sum(files.map((file) => file.length)),
    gzip: sum(files.map((file) => gzipSync(file, { level: 9 }).length)),
  };
}

// Returns the files of these modules, and everything they import other than by `import()`.
function atOnce({ outputs }: Metafile, modules: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (!found.has(path)) {
      found.add(path);
      const imports = outputs[path]?.imports ?? [];
      imports.filter(({ kind }) => kind === "import-statement").forEach((each) => visit(each.path));
    }
  };
  for (const module of modules) {
    const file = Object.keys(outputs).find((path) => {
      const { entryPoint } = outputs[path] ?? {};
      return entryPoint !== undefined && resolve(entryPoint) === module;
    });
    if (file === undefined) {
      throw new Error(`${module} is no file of the bundle`);
    }
    visit(file);
  }
  return [...found];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Returns the path of an entry of this package. */
export function entryPath(name: string): string {
  return fileURLToPath(new URL(`../dist/entries/${name}.js`, import.meta.url));
}
