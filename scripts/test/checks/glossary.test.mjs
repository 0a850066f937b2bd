// @ts-check
import { expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { glossary } from "../../checks/glossary.mjs";
import { openTree } from "../../checks/tree.mjs";

const PAGE = `# Glossary

| word | meaning |
| --- | --- |
| attempt | one request |
| policy core, core | what decides |
`;

it("is green where every word is used, in any form", async () => {
  const files = { "README.md": "Three Attempts of a policy\ncore.\n", "src/a.ts": "// The core\n" };
  expect(await red({ "docs/glossary.md": PAGE, ...files })).toEqual([]);
});

it.each([
  ["a word that nothing uses", PAGE, "attempted by the core, a policy core", "uses attempt any"],
  ["a word twice", `${PAGE}| core | again |\n`, "attempt, policy core", "core is there twice"],
  ["a page without a word", "# Glossary\n", "attempt", "saw no word"],
])("is red on %s", async (_, page, text, says) => {
  const problems = await red({ "docs/glossary.md": page, "README.md": text });
  expect(problems).toEqual([expect.stringContaining(says)]);
});

it("is red without the page", async () => {
  expect(await red({ "README.md": "" })).toEqual(["there is no docs/glossary.md"]);
});

/** @param {Record<string, string>} files */
async function red(files) {
  const { problems } = await glossary.run(await openTree(plant(files).root));
  return problems;
}
