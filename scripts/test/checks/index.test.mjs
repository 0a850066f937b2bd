// @ts-check
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { CHECKS } from "../../checks/index.mjs";

const folder = new URL("./", import.meta.url);
const names = CHECKS.map(({ name }) => name);
const contributing = read("../../../CONTRIBUTING.md");

describe("the checks", () => {
  it("have names of their own", () => {
    expect(new Set(names).size).toBe(names.length);
  });

  const index = read("../../checks/index.mjs");
  const files = [...index.matchAll(/from "\.\/(\w+\.mjs)"/g)].map(([, file = ""]) => file);
  const tests = readdirSync(folder)
    .filter((file) => file.endsWith(".test.mjs") && file !== "index.test.mjs")
    .map((file) => read(file));

  it.each(files)("%s has a test", (file) => {
    expect(tests.some((text) => text.includes(`/checks/${file}"`))).toBe(true);
  });
});

describe("CONTRIBUTING", () => {
  const [, rules = ""] = /## House rules\n([^]*?)\n## /.exec(contributing) ?? [];
  const stated = rules.split("\n").filter((line) => line.startsWith("- "));

  it("has house rules", () => {
    expect(stated.length).toBeGreaterThan(5);
  });

  it.each(stated)("names the check that holds: %s", (rule) => {
    const [, held = ""] = /\((`[a-z`, -]+`)\)/.exec(rule) ?? [];
    const checks = [...held.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
    expect(checks.length).toBeGreaterThan(0);
    expect(names).toEqual(expect.arrayContaining(checks));
  });
});

/** @param {string} file */
function read(file) {
  return readFileSync(new URL(file, folder), "utf8");
}
