import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { snippetsOf } from "../harness/snippets/snippet.js";
import { type App, createApp } from "../../src/runtimes/app.js";
import { findProgram, MissingRuntime } from "../../src/runtimes/find_program.js";
import { installRuntimes } from "../../src/runtimes/install.js";
import { runSnippet } from "../../src/runtimes/launch/snippet.js";
import { type Column, inOrder, runMatrix } from "../../src/runtimes/matrix.js";
import { problemsOf, writeReport } from "../../src/runtimes/report.js";
import { RUNTIMES } from "../../src/runtimes/runtimes.js";
import { tableIn, tableOf } from "../../src/runtimes/table.js";
import { openWorld, type World } from "../../src/runtimes/world.js";

// One file: whoever comes first installs what is missing, and two at a time would be in each other's way.

const PAGE = new URL("../../../../docs/runtimes.md", import.meta.url);
const LONGEST_MS = 600_000;

describe("the SDK, executed", () => {
  let columns: readonly Column[] = [];

  beforeAll(async () => {
    columns = await runMatrix();
    await writeReport(columns);
  }, LONGEST_MS);

  it.for(inOrder(RUNTIMES).map(([{ id }, entry]) => [id, entry] as const))(
    "on %s by /%s",
    ([id, entry], { skip }) => {
      const column = columns.find((each) => each.runtime.id === id && each.entry === entry);
      if (column === undefined) {
        throw new Error("it was not run");
      }
      if ("missing" in column.seen && !inCi()) {
        skip(column.seen.missing);
      }
      expect(column.seen).not.toHaveProperty("missing");
      expect(problemsOf(column)).toEqual([]);
    },
  );

  it("is as docs/runtimes.md says (else: pnpm runtimes --write)", ({ skip }) => {
    const missing = columns.filter(({ seen }) => "missing" in seen);
    if (missing.length > 0 && !inCi()) {
      skip("some runtimes are missing, see above");
    }
    expect(tableIn(readFileSync(PAGE, "utf8"))).toBe(tableOf(columns));
  });
});

const PAGES = {
  node: "docs/runtimes/node.md",
  bun: "docs/runtimes/bun.md",
  deno: "docs/runtimes/deno.md",
  workerd: "docs/runtimes/workers.md",
  chromium: "docs/runtimes/browser.md",
} as const;

const snippets = RUNTIMES.flatMap((runtime) =>
  snippetsOf(PAGES[runtime.kind]).map((snippet) => ({
    ...snippet,
    runtime,
    title: `${snippet.name} on ${runtime.title}`,
  })),
);

describe("every snippet of a runtime's page, on the runtime itself", () => {
  let shared: { readonly app: App; readonly world: World };
  let modules: string | MissingRuntime;

  beforeAll(async () => {
    modules = await installRuntimes().catch((error: Error) => new MissingRuntime(error.message));
    shared = { app: await createApp(), world: await openWorld() };
  }, LONGEST_MS);

  afterAll(async () => {
    await shared.world.close();
    await shared.app.remove();
  });

  it("is found", () => {
    expect(snippets.length).toBeGreaterThanOrEqual(12);
    expect(snippets.filter(({ promised }) => promised.length > 0)).toHaveLength(RUNTIMES.length);
  });

  it.for(snippets)(
    "$title",
    { timeout: 120_000 },
    async ({ runtime, title, code, promised }, { skip }) => {
      try {
        if (modules instanceof MissingRuntime) {
          throw modules;
        }
        const { app, world } = shared;
        const printed = await runSnippet(
          runtime,
          {
            program: await findProgram(runtime, modules),
            app,
            modules,
            place: world.place(title.replaceAll(/\W+/g, "_")),
            trusted: world.trusted,
            servePage: (name, page) => world.servePage(name, page),
          },
          code,
        );
        expect(printed).toEqual(expect.arrayContaining([...promised]));
      } catch (error) {
        if (error instanceof MissingRuntime && !inCi()) {
          skip(error.message);
        }
        throw error;
      }
    },
  );
});
