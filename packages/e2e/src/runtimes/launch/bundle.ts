import { createRequire } from "node:module";
import { join } from "node:path";
import type { App } from "../app.js";

/** What is used of esbuild; it is installed with the runtimes. */
interface Bundler {
  build(options: {
    readonly absWorkingDir: string;
    readonly entryPoints: readonly string[];
    readonly bundle: true;
    readonly write: false;
    readonly format: "esm";
    readonly platform: "browser";
    readonly conditions: readonly string[];
    readonly mainFields: readonly string[];
    readonly target: string;
    readonly logLevel: "silent";
  }): Promise<{ readonly outputFiles: readonly { readonly text: string }[] }>;
}

/**
 * Makes one file of a program and all it imports, as a user's bundler does for
 * a worker or a page. A module of Node.js on the way is an error.
 */
export async function bundle(
  { folder }: App,
  program: string,
  { modules, conditions }: { readonly modules: string; readonly conditions: readonly string[] },
): Promise<string> {
  const esbuild = createRequire(join(modules, "index.js"))("esbuild") as Bundler;
  const { outputFiles } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: [program],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: [...conditions, "import"],
    mainFields: ["browser", "module", "main"],
    target: "es2022",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
