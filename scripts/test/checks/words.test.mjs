// @ts-check
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { openTree } from "../../checks/tree.mjs";
import { leaks, words } from "../../checks/words.mjs";

/** Put together here, so that this file is itself clean. */
const machinePath = (/** @type {string} */ folder) => ["", folder, "main"].join("/");

describe("leaks", () => {
  it.each([
    ["a working folder", "a.md", `see ${machinePath("work")}`],
    ["root's home", "a.ts", `const home = "${machinePath("root")}";`],
    ["somebody's home", "a.json", `{ "path": "${machinePath("home")}" }`],
    ["a home on macOS", "a.md", `[a](${machinePath("Users")})`],
    ["a temporary folder", "a.sh", `cat ${machinePath("tmp")}`],
    ["an address of a file", "a.ts", `"file://${machinePath("tmp")}"`],
    ["a drive", "a.md", ["C:", "Users", "main"].join("\\")],
    ["a drive in a string", "a.ts", `"${["D:", "src", "main"].join(String.raw`\\`)}"`],
    ["a registry", "a.json", ["registry", "npmjs", "org"].join(".")],
    ["a Go proxy", "a.sh", ["proxy", "golang", "org"].join(".")],
    ["British spelling", "a.md", ["the same behavi", "our of both"].join("")],
    ["British spelling of a field", "a.proto", ["// It is hon", "oured."].join("")],
    [
      "an address in a lock",
      "pnpm-lock.yaml",
      `tarball: ${["https:", "", "npm.acme.example", "a.tgz"].join("/")}`,
    ],
  ])("finds %s, with file and line", (_, file, line) => {
    expect(leaks(file, `fine\n${line}\nfine\n`)).toEqual([expect.stringContaining(`${file}:2: `)]);
  });

  it.each([
    ["the name of a page", "a.md", "[behavior](docs/behaviour.md#1-failures)"],
    ["a British name in code", "a.ts", "const behaviour = 1;"],
    ["a relative folder of that name", "a.md", "see home/work/main and src/root/x"],
    ["a program of every system", "a.sh", "#!/usr/bin/env bash"],
    ["a path of a service", "a.ts", 'post("/acme.v1.WorkService/Home/x")'],
    ["a folder below one of ours", "a.ts", "join(root, `${here}/tmp/x`)"],
    ["a newline after a colon", "a.ts", String.raw`"X:\n  y\nZ:\n"`],
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
