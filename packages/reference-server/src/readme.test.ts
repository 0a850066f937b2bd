import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";

test("the example of the README runs", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, example = ""] = /```ts\n([^]+?)```/.exec(readme) ?? [];
  expect(example).toContain("assert.equal");
  const folder = new URL("../.results/", import.meta.url);
  const file = new URL("readme_example.ts", folder);
  await mkdir(folder, { recursive: true });
  await writeFile(file, example.replace("@ameideio/reference-server", "../src/index.js"));
  onTestFinished(() => rm(file));
  await import(/* @vite-ignore */ file.href);
});
