import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { vi } from "vitest";
import { generateStubs } from "./generate.js";
import type { SnippetLanguage } from "./language.js";
import type { Snippet } from "./snippet.js";

const TSC = fileURLToPath(
  new URL("../../../../../node_modules/typescript/bin/tsc", import.meta.url),
);
// Beside the sources, so that a snippet finds the packages it names.
const FOLDER = new URL("../../../.snippets/", import.meta.url);

/** What a worker exports, and its runtime calls. */
interface Worker {
  readonly default?: { fetch(request: Request, env: object): Promise<Response> };
}

/** Each snippet is a module. */
export const TYPESCRIPT: SnippetLanguage = {
  name: "TypeScript",
  tag: "ts",
  readme: "packages/sdk/README.md",
  async compile(snippets, protos) {
    const remove = () => rm(FOLDER, { recursive: true, force: true });
    await remove();
    await mkdir(FOLDER, { recursive: true });
    for (const snippet of snippets) {
      await writeFile(fileOf(snippet), `${snippet.code}\nexport {};\n`);
    }
    const tsconfig = {
      extends: "../../../tsconfig.base.json",
      compilerOptions: { noEmit: true, noUnusedLocals: false },
      files: snippets.map((snippet) => fileURLToPath(fileOf(snippet))),
    };
    await writeFile(new URL("tsconfig.json", FOLDER), JSON.stringify(tsconfig));
    const plugin = {
      local: "protoc-gen-es",
      out: "gen",
      opt: ["target=js+dts", "import_extension=js"],
      include_imports: true,
    };
    await generateStubs(fileURLToPath(FOLDER), protos, { plugins: [plugin] });
    try {
      await promisify(execFile)(process.execPath, [TSC, "-p", fileURLToPath(FOLDER)]);
    } catch (error) {
      throw new Error((error as { stdout: string }).stdout, { cause: error });
    }
    return { run, remove };
  },
};

function fileOf({ name }: Snippet): URL {
  return new URL(`${name.replaceAll(/\W+/g, "_")}.ts`, FOLDER);
}

async function run(snippet: Snippet, baseUrl: string): Promise<readonly string[]> {
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
    printed.push(
      values
        .map((value) => (Array.isArray(value) ? JSON.stringify(value) : String(value)))
        .join(" "),
    );
  });
  vi.stubEnv("BASE_URL", baseUrl);
  try {
    const { default: worker } = (await import(fileOf(snippet).href)) as Worker;
    await worker?.fetch(new Request("https://worker.test"), { BASE_URL: baseUrl });
  } finally {
    log.mockRestore();
    vi.unstubAllEnvs();
  }
  return printed;
}
