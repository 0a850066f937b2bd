import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { expect, it } from "vitest";
import { readRecipes } from "../harness/recipes/page.js";

const PINNED = new URL("../../recipes/package.json", import.meta.url);
const recipes = readRecipes();
const sdk = recipes.get("Install")?.installs ?? [];
const others = [...recipes.values()].filter(({ title }) => title !== "Install");

it("every recipe has a line that installs what it adds, of what the others are run with", () => {
  const { dependencies } = JSON.parse(readFileSync(PINNED, "utf8")) as { dependencies: object };
  expect(sdk).toContain("@ameideio/ameide-sdk-ts");
  for (const { title, installs } of others) {
    const unpinned = installs.filter((name) => !Object.hasOwn(dependencies, name));
    expect([title, unpinned]).toEqual([title, []]);
    expect([title, installs.length]).not.toEqual([title, 0]);
  }
});

it("and all that its files import and its commands call", () => {
  for (const { title, files, installs, commands } of others) {
    const imported = [...files.values()].flatMap((text) =>
      [...text.matchAll(/(?:from |require\()"([^."][^"]*)"/g)].map(([, name = ""]) => name),
    );
    const called = commands.flatMap(({ line }) => /^npx (\S+)/.exec(line)?.[1] ?? []);
    const needed = [...imported.map(packageOf), ...called];
    const there = [...sdk, ...installs, ...builtinModules];
    expect([title, needed.filter((name) => !there.includes(name))]).toEqual([title, []]);
  }
});

// `@scope/name/entry` is of `@scope/name`, `node:fs` of Node.js.
function packageOf(specifier: string): string {
  const [first = "", second = ""] = specifier.replace(/^node:/, "").split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}
