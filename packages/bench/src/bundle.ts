import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

/** What an entry weighs as a minified bundle, in bytes. */
export interface Weight {
  readonly minified: number;
  readonly gzip: number;
}

/** Bundles a module as a browser gets it: the entry and what it needs at once. */
export async function weigh(entry: string): Promise<Weight> {
  return (await bundle(entry)).weight;
}

/** The same, with what each module of the bundle weighs, minified, the heaviest first. */
export async function weighModules(
  entry: string,
): Promise<readonly { readonly module: string; readonly bytes: number }[]> {
  const { metafile } = await bundle(entry);
  return Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .map(([module, { bytesInOutput }]) => ({ module, bytes: bytesInOutput }))
    .sort((a, b) => b.bytes - a.bytes);
}

async function bundle(entry: string): Promise<{ weight: Weight; metafile: Metafile }> {
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
  const [first] = outputFiles;
  if (first === undefined) {
    throw new Error(`esbuild made nothing of ${entry}`);
  }
  return {
    metafile,
    weight: {
      minified: first.contents.length,
      gzip: gzipSync(first.contents, { level: 9 }).length,
    },
  };
}

/** The path of an entry of this package. */
export function entryPath(name: string): string {
  return fileURLToPath(new URL(`../dist/entries/${name}.js`, import.meta.url));
}
