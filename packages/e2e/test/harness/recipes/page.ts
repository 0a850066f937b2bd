import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const DOCS = new URL("../../../../../docs/", import.meta.url);

/** A section of a page that says what to type. */
export interface Recipe {
  readonly title: string;
  /** Text by path: blocks whose first line, a comment, is a path. */
  readonly files: ReadonlyMap<string, string>;
  /** Packages that its `npm install` lines name, which are not typed: they are there. */
  readonly installs: readonly string[];
  readonly commands: readonly {
    readonly line: string;
    /** What its comment promises: that this is printed. */
    readonly prints: string;
  }[];
}

/** The recipes of docs/recipes.md, by their titles. */
export function readRecipes(): ReadonlyMap<string, Recipe> {
  const recipes = sectionsOf("recipes.md").map((section) => recipeOf(section));
  return new Map(recipes.map((each) => [each.title, each]));
}

/**
 * One section of a page below docs.
 *
 * @throws Error when the page has none of this title.
 */
export function readRecipe(page: string, title: string): Recipe {
  const section = sectionsOf(page).find((each) => each.startsWith(`${title}\n`));
  if (section === undefined) {
    throw new Error(`docs/${page} has no ${title}`);
  }
  return recipeOf(section);
}

function sectionsOf(page: string): string[] {
  return readFileSync(new URL(page, DOCS), "utf8").split(/^## /m).slice(1);
}

function recipeOf(section: string): Recipe {
  const files = new Map<string, string>();
  const commands: { line: string; prints: string }[] = [];
  const installs: string[] = [];
  for (const [, language = "", code = ""] of section.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    const path = /^(?:\/\/|#) (\S+)\n/.exec(code)?.[1];
    if (language === "sh") {
      const lines = code.trimEnd().split("\n");
      installs.push(...lines.flatMap(installedBy));
      commands.push(...lines.filter((line) => !line.startsWith(INSTALL)).map(commandOf));
    } else if (path === undefined) {
      throw new Error(`a block names no file:\n${code}`);
    } else {
      files.set(path, code);
    }
  }
  return { title: section.slice(0, section.indexOf("\n")), files, installs, commands };
}

const INSTALL = "npm install ";

function installedBy(line: string): string[] {
  const words = line.startsWith(INSTALL) ? line.slice(INSTALL.length).split(" ") : [];
  return words.filter((word) => !word.startsWith("--"));
}

function commandOf(text: string) {
  const [line = "", prints = ""] = text.split(" # ");
  return { line, prints };
}

/** Writes files into a new folder, with a package.json that says nothing, unless they have one. */
export async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): Promise<void> {
  const all = new Map(files instanceof Map ? files : Object.entries(files));
  if (!all.has("package.json")) {
    all.set("package.json", '{ "private": true }\n');
  }
  for (const [path, text] of all) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
