import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { startReferenceServer } from "@ameideio/reference-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { findBrowser, MissingRuntime } from "../../src/runtimes/find_program.js";
import { BROWSER_ARGUMENTS, type Playwright } from "../../src/runtimes/launch/chromium.js";
import { snippetsOf } from "../harness/snippets/snippet.js";
import { readRecipe, readRecipes, writeFiles } from "../harness/recipes/page.js";
import { APP, BOTH, JEST, PRINTED } from "../harness/recipes/programs.js";
import { createProject, type Project } from "../harness/recipes/project.js";
import { freePort, serve, type } from "../harness/recipes/shell.js";

// One file: it has one project, and one of its programs at a time.

const LONG = { timeout: 600_000 };
let project: Project;
let server: Awaited<ReturnType<typeof startReferenceServer>>;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startReferenceServer({ allowedOrigins: ["*"] });
  env = { BASE_URL: server.url, NEXT_TELEMETRY_DISABLED: "1" };
  project = await createProject();
}, 600_000);

afterAll(async () => {
  await server.close();
  await project?.remove();
});

describe("the packages, packed and installed by the line that `pnpm tarballs` prints", () => {
  it("resolve with their types, whoever asks", LONG, async () => {
    const profile = "--profile node16 --format ascii";
    const more = "--include-entrypoints ameide/threads/v1 google/rpc google/rpc/error_details_pb";
    const at = { cwd: join(project.folder, "tarballs") };
    const stub = "--include-entrypoints threads/v1";
    const sdk = await type(`npx attw ameideio-ameide-sdk-ts-0.0.0.tgz ${profile} ${stub}`, at);
    expect(sdk).toContain('"@ameideio/ameide-sdk-ts/node"');
    expect(sdk).toContain('"@ameideio/ameide-sdk-ts/threads/v1"');
    const stubs = await type(`npx attw ameideio-core-proto-0.0.0.tgz ${profile} ${more}`, at);
    expect(stubs).toContain('"@ameideio/core-proto/ameide/threads/v1"');
  });

  it("work in Jest as it comes", LONG, async () => {
    const cwd = await project.add("plain-jest", { "app.test.js": JEST });
    expect(await type("npx jest", { cwd, env })).toMatch(/^Tests: +\d+ passed, \d+ total$/m);
  });

  it.each(["typescript", "typescript-7"])(
    "compile by %s, nodenext, in packages of both types, and run",
    LONG,
    async (compiler) => {
      const cwd = await project.add(`nodenext-${compiler}`, {
        "commonjs/package.json": '{ "private": true, "type": "commonjs" }',
        "commonjs/app.ts": APP,
        "module/package.json": '{ "private": true, "type": "module" }',
        "module/app.ts": APP,
        "tsconfig.json": tsconfig({ module: "nodenext", skipLibCheck: compiler === "typescript" }),
      });
      expect(await type(tsc(compiler), { cwd })).toBe("");
      for (const kind of ["commonjs", "module"]) {
        expect(await type(`node ${kind}/app.js`, { cwd, env })).toBe(PRINTED);
      }
    },
  );

  it("know each other's errors where both formats are loaded", LONG, async () => {
    const cwd = await project.add("both", { "both.cjs": BOTH });
    const printed = await type("node both.cjs", { cwd, env });
    expect(printed).toBe(["true true", ...Array(4).fill("true true true true"), ""].join("\n"));
  });

  it("are installed by pnpm, too, as it prints", LONG, async () => {
    const overrides = /^ {2}overrides:\n(?: {4}.*\n)+/m.exec(project.said)?.[0] ?? "";
    const line = /^ *(pnpm add .*)$/m.exec(project.said)?.[1] ?? "";
    const cwd = await project.add("pnpm", {
      "pnpm-workspace.yaml": overrides.replaceAll(/^ {2}/gm, ""),
      "app.cjs": BOTH,
    });
    await type(line, { cwd });
    expect(await type("node app.cjs", { cwd, env })).toMatch(/^(true[ \n])+$/);
  });
});

describe("docs/bring-your-own.md", () => {
  it("generates with what the SDK brings, and without a network", LONG, async () => {
    const { files, commands } = readRecipe("bring-your-own.md", "Say it in the proto");
    const several = snippetsOf("docs/bring-your-own.md").find(({ code }) =>
      code.includes("./gen/"),
    );
    // In the folder that has the node_modules, as the paths of its buf.yaml begin there.
    const cwd = project.folder;
    const manifest = await readFile(join(cwd, "package.json"), "utf8");
    const own = { "package.json": manifest, "several.ts": several?.code ?? "" };
    await writeFiles(cwd, new Map([...files, ...Object.entries(own)]));
    expect([...files.keys()]).toContain("buf.gen.yaml");

    const generate = commands.at(-1)?.line ?? "";
    expect(generate).toMatch(/^npx buf /);
    await type(generate, { cwd, env: { HTTPS_PROXY: "http://127.0.0.1:9" } });
    expect(await type("npx buf lint", { cwd })).toBe("");
    await type(
      "npx esbuild several.ts --bundle --packages=external --format=esm --outfile=several.mjs",
      { cwd },
    );
    expect((await type("node several.mjs", { cwd })).trimEnd().split("\n")).toEqual(
      several?.promised,
    );
  });
});

const recipes = readRecipes();

/** Writes the recipe's files, and types its commands, without the last ones where told. */
async function follow(title: string, { butLast = 0 } = {}) {
  const recipe = recipes.get(title);
  if (recipe === undefined) {
    throw new Error(`docs/recipes.md has no ${title}`);
  }
  const commands = recipe.commands.slice(0, recipe.commands.length - butLast);
  const cwd = await project.add(nameOf(title), recipe.files);
  const printed: string[] = [];
  for (const { line } of commands) {
    printed.push((await type(line, { cwd, env })).replaceAll(/\s+/g, " "));
  }
  return { cwd, printed, promised: commands.map(({ prints }) => prints) };
}

describe("docs/recipes.md", () => {
  const commands = ["Jest", "Vitest", "MSW", "esbuild: one file"];
  const servers = ["Next.js", "Workers"];

  it("has no recipe that is not run here", () => {
    expect([...recipes.keys()].toSorted()).toEqual(["Install", ...commands, ...servers].toSorted());
    for (const title of commands) {
      expect(recipes.get(title)?.commands.some(({ prints }) => prints !== "")).toBe(true);
    }
  });

  // Next.js looks at its own.
  it("keeps its types", LONG, async () => {
    const all = new Map<string, string>();
    for (const [title, { files }] of recipes) {
      if (title === "Next.js") {
        continue;
      }
      for (const [path, text] of files) {
        all.set(join(nameOf(title), path), text);
      }
    }
    all.set("tsconfig.json", tsconfig({ module: "preserve", noEmit: true, skipLibCheck: true }));
    const cwd = await project.add("types", all);
    expect(await type(tsc("typescript-7"), { cwd })).toBe("");
  });

  it.each(commands)("%s", LONG, async (title) => {
    const { printed, promised } = await follow(title);
    expect(printed).toEqual(promised.map((text) => expect.stringContaining(text) as unknown));
  });

  it("esbuild: one file, with the trap it tells of", LONG, async () => {
    const title = "esbuild: one file";
    const cwd = await project.add("trap", recipes.get(title)?.files ?? new Map());
    const line = recipes.get(title)?.commands.find(({ line: each }) => each.includes(" --banner"));
    await type(line?.line.replace(/ --banner.*$/, "") ?? "", { cwd });
    await expect(type("node main.mjs", { cwd, env })).rejects.toThrow('Dynamic require of "');
  });

  describe("Next.js", () => {
    let next: ReturnType<typeof serve>;
    let url: string;

    beforeAll(async () => {
      const { cwd } = await follow("Next.js", { butLast: 1 });
      next = serve(lastLine("Next.js"), { cwd, env: { ...env, PORT: "0" } });
      url = (await next.printed(/Local: +(http:\S+)/))[1] ?? "";
    }, 600_000);

    afterAll(() => next?.stop());

    it("answers by its route handler, and shows by its component what was made since the build", async () => {
      const title = `made at ${Date.now()}`;
      const body = JSON.stringify({ title });
      const made = await fetch(`${url}/api/threads`, { method: "POST", body });
      expect(await made.json()).toEqual({ id: expect.any(String) });
      expect(await (await fetch(url)).text()).toContain(`<li>${title}</li>`);
    });

    it("calls from the browser", LONG, async ({ skip }) => {
      const program = await findBrowser().catch((error: unknown) => {
        if (error instanceof MissingRuntime && !inCi()) {
          skip(error.message);
        }
        throw error;
      });
      const require = createRequire(join(project.folder, "index.js"));
      const { chromium: driver } = require("playwright-core") as Playwright;
      const browser = await driver.launch({ executablePath: program, args: BROWSER_ARGUMENTS });
      try {
        const page = await browser.newPage();
        await page.goto(url);
        const read = `document.querySelector("button").textContent`;
        expect(await page.evaluate(read)).toBe("count");
        await page.evaluate(`document.querySelector("button").click()`);
        await expect.poll(() => page.evaluate(read), { timeout: 30_000 }).toMatch(/^\d+$/);
      } finally {
        await browser.close();
      }
    });
  });

  it("Workers", LONG, async () => {
    const { cwd } = await follow("Workers", { butLast: 1 });
    const port = await freePort();
    const line = `${lastLine("Workers")} --socket-addr http=127.0.0.1:${port}`;
    const workerd = serve(line, { cwd, env });
    try {
      const ask = () => fetch(`http://127.0.0.1:${port}`).then((response) => response.json());
      await expect.poll(ask, { timeout: 30_000 }).toEqual({ title: "Hello" });
    } finally {
      await workerd.stop();
    }
  });
});

function nameOf(title: string): string {
  return title.replaceAll(/\W+/g, "-");
}

function tsc(compiler: string): string {
  return `node '${join(project.folder, "node_modules", compiler, "bin/tsc")}'`;
}

function tsconfig(options: object): string {
  return JSON.stringify({
    compilerOptions: { target: "es2022", strict: true, types: ["node"], ...options },
  });
}

function lastLine(title: string): string {
  return recipes.get(title)?.commands.at(-1)?.line ?? "";
}
