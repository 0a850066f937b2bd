import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startReferenceServer } from "@ameideio/reference-server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { generateStubs } from "./harness/generate.js";
import { protosOf, snippetsOf } from "./harness/snippet.js";

const PAGES = [
  "README.md",
  "docs/auth.md",
  "docs/bring-your-own.md",
  "docs/in-production.md",
  "docs/seeing-what-happens.md",
  "docs/testing.md",
  "packages/sdk/README.md",
  ...["browser", "bun", "deno", "node", "workers"].map((name) => `docs/runtimes/${name}.md`),
];
const root = new URL("../../../", import.meta.url);
// Beside the sources, so that a snippet finds the packages it names.
const folder = new URL("../.snippets/", import.meta.url);

const all = PAGES.flatMap(snippetsOf).map((snippet) => ({
  ...snippet,
  file: new URL(`${snippet.name.replaceAll(/\W+/g, "_")}.ts`, folder),
}));

/** What a worker exports, and its runtime calls. */
interface Worker {
  readonly default?: { fetch(request: Request, env: object): Promise<Response> };
}

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
    const protos = new Map(PAGES.flatMap((page) => [...protosOf(page)]));
    await generateStubs(fileURLToPath(folder), protos);
    server = await startReferenceServer();
    process.env["BASE_URL"] = server.url;
  }, 60_000);

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
      const { default: worker } = (await import(file.href)) as Worker;
      await worker?.fetch(new Request("https://worker.test"), { BASE_URL: server.url });
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual(expect.arrayContaining([...promised]));
  });
});
