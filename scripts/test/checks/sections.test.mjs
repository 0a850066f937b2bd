// @ts-check
import { expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { sections } from "../../checks/sections.mjs";
import { openTree } from "../../checks/tree.mjs";

const PAGE = `# Behavior

| section | cases |
| --- | --- |
| 1 [Failures](failures.md) | errors, hints |
| 2 [Retries](#2-retries) | retry |
| 3 [Not built](#3-not-built) | |

## 1 Failures

## 2 Retries

### 2.1 Classes

### 2.2 Waits

## 3 Not built
`;

const FILES = {
  "docs/behaviour.md": PAGE,
  "docs/failures.md": "# 1 Failures\n\n## 1.1 Codes\n",
  "docs/other.md": "# Other\n\n## A heading\n",
  "src/model.ts": "/** §2.2: waits, after §1.1. */\n",
  "packages/conformance/cases/errors/e01_a.yaml": "",
  "packages/conformance/cases/hints/h01_a.yaml": "",
  "packages/conformance/cases/retry/r01_a.yaml": "",
};

it("is green where every cited section is there", async () => {
  expect(await check({})).toEqual([]);
});

it.each([
  ["a section that is not there", "// §2.3\n", "src/a.ts:1: there is no §2.3"],
  ["one of a page that is no section", "// a\n// §4: b\n", "src/a.ts:2: there is no §4"],
  ["the second of two", "// §2.1 to §2.9\n", "src/a.ts:1: there is no §2.9"],
])("is red on %s", async (_, text, says) => {
  expect(await check({ "src/a.ts": text })).toEqual([says]);
});

it.each([
  ["a heading without a number", "## 3 Not built", "## 3 Not built\n\n### More", "has no number"],
  ["a gap", "### 2.2 Waits", "### 2.2 Waits\n\n### 2.4 Budget", "§2.4 without a §2.3"],
  ["a number twice", "### 2.2 Waits", "### 2.2 Waits\n\n### 2.1 Waits", "a second §2.1"],
  ["a section that the table lacks", "## 3 Not built", "## 3 Not built\n\n## 4 New", "lacks 4"],
  ["cases without a section", "errors, hints |", "errors |", "no section has the cases in hints"],
  ["a section without its cases", "| retry |", "| retry, waits |", "there are no cases in waits"],
])("is red on %s", async (_, from, to, says) => {
  const problems = await check({ "docs/behaviour.md": PAGE.replace(from, to) });
  expect(problems).toEqual([expect.stringContaining(says)]);
});

it("is red when it saw nothing", async () => {
  expect(await check({ "src/model.ts": "" })).toEqual(["saw no citation"]);
  expect(await red({ "src/a.ts": "" })).toEqual(["there is no docs/behaviour.md"]);
});

/** @param {Record<string, string>} files Beside those that are green. */
function check(files) {
  return red({ ...FILES, ...files });
}

/** @param {Record<string, string>} files */
async function red(files) {
  const { problems } = await sections.run(await openTree(plant(files).root));
  return problems;
}
