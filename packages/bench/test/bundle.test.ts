import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { weigh } from "../src/bundle.js";

const folder = mkdtempSync(join(tmpdir(), "bundle-"));
afterAll(() => rmSync(folder, { recursive: true }));

const heavy = `export const heavy = ${JSON.stringify("0123456789".repeat(1_000))};`;
writeFileSync(join(folder, "heavy.js"), heavy);

async function weighText(name: string, text: string): Promise<number> {
  const path = join(folder, `${name}.js`);
  writeFileSync(path, text);
  return (await weigh(path)).minified;
}

test("what is imported counts, if it is used at once", async () => {
  const use = 'import { heavy } from "./heavy.js"; console.log(heavy)';
  expect(await weighText("used", use)).toBeGreaterThan(10_000);
  const unused = 'import { heavy } from "./heavy.js"; console.log(1)';
  expect(await weighText("unused", unused)).toBeLessThan(100);
});

test("what is loaded later does not count, unless it is needed at once, too", async () => {
  const later = 'console.log(() => import("./heavy.js"))';
  expect(await weighText("later", later)).toBeLessThan(300);
  const both = `import { heavy } from "./heavy.js"; console.log(heavy, () => import("./heavy.js"))`;
  expect(await weighText("both", both)).toBeGreaterThan(10_000);
});

test("what is loaded later counts where it is asked for, with what it needs", async () => {
  writeFileSync(join(folder, "thin.js"), 'export { heavy } from "./heavy.js";');
  const entry = join(folder, "asked.js");
  writeFileSync(entry, 'console.log(() => import("./thin.js"))');
  expect((await weigh(entry)).minified).toBeLessThan(300);
  expect((await weigh(entry, join(folder, "thin.js"))).minified).toBeGreaterThan(10_000);
  await expect(weigh(entry, join(folder, "asked_not.js"))).rejects.toThrow("no file of the bundle");
});
