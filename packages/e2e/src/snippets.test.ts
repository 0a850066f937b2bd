import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startReferenceServer } from "@ameideio/reference-server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const PAGES = [
  "README.md",
  "docs/bring-your-own.md",
  "docs/seeing-what-happens.md",
  "docs/testing.md",
  "packages/sdk/README.md",
  ...["browser", "bun", "deno", "node", "workers"].map((name) => `docs/runtimes/${name}.md`),
];
const root = new URL("../../../", import.meta.url);
// Beside the sources, so that a snippet finds the packages it names.
const folder = new URL("../.snippets/", import.meta.url);

interface Snippet {
  readonly name: string;
  readonly file: URL;
  readonly code: string;
  /** What its `console.log(…); // …` lines promise to print. */
  readonly promised: readonly string[];
}

function snippets(page: string): Snippet[] {
  const text = readFileSync(new URL(page, root), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match, i) => {
    const code = match[1] ?? "";
    const name = `${page} ${i + 1}`;
    const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((m) => m[1] ?? "");
    return { name, code, promised, file: new URL(`${name.replaceAll(/\W+/g, "_")}.ts`, folder) };
  });
}

const all = PAGES.flatMap(snippets);

describe("every snippet of the documentation", () => {
  let server: Awaited<ReturnType<typeof startReferenceServer>>;

  beforeAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { file, code } of all) {
      writeFileSync(file, `${code}\nexport {};\n`);
    }
    writeFileSync(
      new URL("tsconfig.json", folder),
      JSON.stringify({
        extends: "../../../tsconfig.base.json",
        compilerOptions: { noEmit: true, noUnusedLocals: false },
        files: all.map(({ file }) => fileURLToPath(file)),
      }),
    );
    server = await startReferenceServer();
    process.env["BASE_URL"] = server.url;
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.close();
  });

  it("is found", () => {
    expect(all.length).toBeGreaterThanOrEqual(16);
  });

  it("keeps its types", async () => {
    const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
    const run = promisify(execFile)(process.execPath, [tsc, "-p", fileURLToPath(folder)]);
    await expect(run.catch((error: { stdout: string }) => error)).resolves.toMatchObject({
      stdout: "",
    });
  }, 60_000);

  it.each(all)("runs: $name", async ({ file, promised }) => {
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
      printed.push(
        values
          .map((value) => (Array.isArray(value) ? JSON.stringify(value) : String(value)))
          .join(" "),
      );
    });
    try {
      await import(file.href);
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual(expect.arrayContaining([...promised]));
  });
});
