// @ts-check
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { openTree } from "../../checks/tree.mjs";
import { leaks, words } from "../../checks/words.mjs";

/** Put together here, so that this file is itself clean. */
const machinePath = (/** @type {string} */ folder) => ["", folder, "main"].join("/");

describe("leaks", () => {
  it.each([
    ["a work folder", "a.md", `see ${machinePath("work")}`],
    ["root's home", "a.ts", `const home = "${machinePath("root")}";`],
    ["a job's folder", "a.sh", `cat ${["", "tmp", ["bash", "jobs"].join("_")].join("/")}`],
    ["a registry", "a.json", ["registry", "npmjs", "org"].join(".")],
    ["a Go proxy", "a.sh", ["proxy", "golang", "org"].join(".")],
    [
      "an address in a lock",
      "pnpm-lock.yaml",
      `tarball: ${["https:", "", "npm.acme.example", "a.tgz"].join("/")}`,
    ],
  ])("finds %s, with file and line", (_, file, line) => {
    expect(leaks(file, `fine\n${line}\nfine\n`)).toEqual([expect.stringContaining(`${file}:2: `)]);
  });

  it.each([
    ["a relative folder of that name", "a.md", "see home/work/main and src/root/x"],
    ["an address outside a lock", "a.md", "https://www.npmjs.com/package/a"],
    ["a binary file", "a.binpb", `\0${machinePath("work")}`],
  ])("accepts %s", (_, file, text) => {
    expect(leaks(file, text)).toEqual([]);
  });
});

describe("words", () => {
  it("looks at files that git does not know yet, and not at ignored ones", async () => {
    const { root } = plant({
      "new.md": machinePath("work"),
      "node_modules/x.md": machinePath("work"),
    });
    const { problems } = await words.run(await openTree(root));
    expect(problems).toEqual([expect.stringContaining("new.md:1: path of one machine")]);
  });
});
