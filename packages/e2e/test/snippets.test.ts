import { readdirSync } from "node:fs";
import { join } from "node:path";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { MissingTool } from "@ameideio/scripts/missing_tool.mjs";
import { startReferenceServer } from "@ameideio/reference-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GO } from "./harness/snippets/go.js";
import type { CompiledSnippets } from "./harness/snippets/language.js";
import { PYTHON } from "./harness/snippets/python.js";
import { protosOf, snippetsOf } from "./harness/snippets/snippet.js";
import { TYPESCRIPT } from "./harness/snippets/typescript.js";

const LANGUAGES = [TYPESCRIPT, GO, PYTHON];

// Every page, but for the one whose files are run from the packed packages.
const docs = readdirSync(new URL("../../../docs", import.meta.url), { recursive: true })
  .map((path) => join("docs", String(path)))
  .filter((path) => path.endsWith(".md") && path !== "docs/recipes.md")
  .toSorted();

describe.each(LANGUAGES)("every snippet of the documentation in $name", (language) => {
  const pages = ["README.md", ...docs, language.readme];
  const all = pages.flatMap((page) => snippetsOf(page, language.tag));
  let server: Awaited<ReturnType<typeof startReferenceServer>>;
  let compiled: CompiledSnippets | MissingTool;

  beforeAll(async () => {
    server = await startReferenceServer();
    const protos = new Map(pages.flatMap((page) => [...protosOf(page)]));
    compiled = await language.compile(all, protos).catch((error: unknown) => {
      if (error instanceof MissingTool && !inCi()) {
        return error;
      }
      throw error;
    });
  }, 300_000);

  afterAll(async () => {
    await server.close();
    if (compiled !== undefined && !(compiled instanceof MissingTool)) {
      await compiled.remove();
    }
  });

  it("is found", () => {
    expect(all.length).toBeGreaterThanOrEqual(16);
  });

  it.for(all)("runs: $name", async (snippet, { skip }) => {
    if (compiled instanceof MissingTool) {
      return skip(compiled.message);
    }
    const printed = await compiled.run(snippet, server.url);
    expect(printed).toEqual(expect.arrayContaining([...snippet.promised]));
  });
});
