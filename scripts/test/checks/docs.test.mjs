// @ts-check
import { describe, expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { anchorsOf, docs, linksOf } from "../../checks/docs.mjs";
import { openTree } from "../../checks/tree.mjs";

describe("docs", () => {
  it("is green when every link and anchor resolves", async () => {
    const problems = await check({
      "README.md": "[a](docs/a.md) [b](docs/a.md#the-end) [c](#here) [d](docs)\n## Here\n",
      "docs/a.md": '# The end\n[up](../README.md "title")\n[ref]\n\n[ref]: ../README.md\n',
    });
    expect(problems).toEqual([]);
  });

  it.each([
    ["a file that is not there", "x\n[a](docs/b.md)\n", "README.md:2: docs/b.md"],
    ["a heading that is not there", "[a](#there)\n# Here\n", "no such heading"],
    ["a folder outside the repository", "[a](../elsewhere.md)\n", "../elsewhere.md"],
    ["a reference", "[a]: nowhere.md\n", "nowhere.md"],
  ])("is red on %s", async (_, page, says) => {
    expect(await check({ "README.md": page })).toEqual([expect.stringContaining(says)]);
  });

  it("follows addresses of the repository itself", async () => {
    const home = "https://host.example/acme";
    const problems = await check({
      "package.json": JSON.stringify({ repository: { url: `git+${home}.git` } }),
      "a/README.md": `[a](${home}/blob/main/a/README.md#here) [b](${home}/issues)\n# Here\n`,
      "b/README.md": `[a](${home}/blob/main/gone.md)\n[b](https://other.example/gone.md)\n`,
    });
    expect(problems).toEqual(["b/README.md:1: /gone.md: there is no gone.md"]);
  });

  it("is red when it saw no page", async () => {
    expect(await check({})).toEqual(["saw no page"]);
  });
});

describe("linksOf", () => {
  it("leaves out code and addresses with a scheme", () => {
    const page = "[a](https://acme.example) [b](mailto:a@b) `[c](d)`\n```\n[e](f)\n```\n[g](h)\n";
    expect(linksOf(page)).toEqual([{ target: "h", line: 5 }]);
  });
});

describe("anchorsOf", () => {
  it("spells anchors as GitHub does", () => {
    const page = "# One `two` [three](x)!\n## Same\n## Same\n```\n# not\n```\n";
    expect([...anchorsOf(page)]).toEqual(["one-two-three", "same", "same-1"]);
  });
});

/** @param {Record<string, string>} files */
async function check(files) {
  const { problems } = await docs.run(await openTree(plant(files).root));
  return problems;
}
