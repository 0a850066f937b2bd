// @ts-check
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { privateMembers, privateNames } from "../../checks/private_members.mjs";
import { openTree } from "../../checks/tree.mjs";

const CLEAN = `export class A {
  private b = "#c";
  constructor(private readonly d: string) {}
  private e(): string {
    return this.b + this.d;
  }
}
`;

describe("privateNames", () => {
  it("finds nothing in a class with the keyword", () => {
    expect(privateNames("a.ts", CLEAN)).toEqual([]);
  });

  it.each([
    ["a field", "#b = 1;"],
    ["a static field", "static #b = 1;"],
    ["a method", "async #b() {}"],
    ["a getter", "get #b() { return 1; }"],
    ["an accessor", "accessor #b = 1;"],
  ])("finds %s, with file and line", (_, member) => {
    expect(privateNames("a.ts", `export class A {\n  ${member}\n}\n`)).toEqual([
      'a.ts:2: write "private b" instead of "#b"',
    ]);
  });
});

describe("private-members", () => {
  const planted = "export class A { #b = 1; }\n";

  it.each([
    ["green on a clean tree, and on JavaScript", { "a.ts": CLEAN, "a.mjs": planted }, []],
    ["red on a planted name", { "a.ts": CLEAN, "b.mts": planted }, ["b.mts:1: "]],
    ["red when it sees no TypeScript", { "a.mjs": planted }, ["saw no TypeScript"]],
  ])("is %s", async (_, files, says) => {
    const { problems } = await privateMembers.run(await openTree(plant(files).root));
    expect(problems).toEqual(says.map((each) => expect.stringContaining(each)));
  });
});
