import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";

test("the examples of the README run", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const examples = [...readme.matchAll(/```ts\n([^]+?)```/g)].map(([, example = ""]) => example);
  expect(examples).toHaveLength(2);
  const folder = new URL("../.results/", import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [index, example] of examples.entries()) {
    expect(example).toContain("assert.equal");
    const file = new URL(`readme_example_${index}.ts`, folder);
    await writeFile(file, example.replace("@ameideio/reference-server", "../src/index.js"));
    onTestFinished(() => rm(file));
    await import(/* @vite-ignore */ file.href);
  }
});
