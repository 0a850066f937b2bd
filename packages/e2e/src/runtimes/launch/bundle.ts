import { createRequire } from "node:module";
import { join } from "node:path";
import type { App } from "../app.js";

/** Used part of esbuild, which is installed with the runtimes. */
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
    readonly define: Readonly<Record<string, string>>;
  }): Promise<{ readonly outputFiles: readonly { readonly text: string }[] }>;
  transform(
    code: string,
    options: { readonly loader: "ts"; readonly target: string },
  ): Promise<{ readonly code: string }>;
}

/**
 * Makes one file of a program and all it imports, as a user's bundler does for
 * a worker or a page. A module of Node.js on the way is an error.
 *
 * @param options.define - Expressions to replace, by what. Default none.
 */
export async function bundle(
  { folder }: App,
  program: string,
  options: {
    readonly modules: string;
    readonly conditions: readonly string[];
    readonly define?: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const { outputFiles } = await bundler(options.modules).build({
    absWorkingDir: folder,
    entryPoints: [program],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: [...options.conditions, "import"],
    mainFields: ["browser", "module", "main"],
    target: "es2022",
    logLevel: "silent",
    define: options.define ?? {},
  });
  return outputFiles[0]?.text ?? "";
}

/** The JavaScript of a TypeScript module. */
export async function withoutTypes(code: string, modules: string): Promise<string> {
  return (await bundler(modules).transform(code, { loader: "ts", target: "es2022" })).code;
}

function bundler(modules: string): Bundler {
  return createRequire(join(modules, "index.js"))("esbuild") as Bundler;
}
