import { readdirSync } from "node:fs";
import { expect, test } from "vitest";

const gen = new URL("../gen/", import.meta.url);
const files = readdirSync(gen, { recursive: true, encoding: "utf8" });

test.each(files.filter((file) => file.endsWith("index.js")))(
  "%s exports all that its files do",
  async (index) => {
    const folder = index.slice(0, -"index.js".length);
    const inIt = files.filter((file) => new RegExp(`^${folder}[^/]+_pb\\.js$`).test(file));
    const modules = await Promise.all(inIt.map(load));
    expect(Object.keys(await load(index)).toSorted()).toEqual(
      modules.flatMap(Object.keys).toSorted(),
    );
  },
);

function load(file: string): Promise<object> {
  return import(/* @vite-ignore */ new URL(file, gen).href) as Promise<object>;
}
