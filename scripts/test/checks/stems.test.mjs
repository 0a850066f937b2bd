// @ts-check
import { expect, it } from "vitest";

import { plant } from "../harness/planted.mjs";
import { stems } from "../../checks/stems.mjs";
import { openTree } from "../../checks/tree.mjs";

const PAGE = `
languages:
  ts: { ends: .ts }
  go: { ends: .go, flat: true, without: [doc.go] }
  py: { ends: .py, without: [__init__.py] }
reasons:
  sockets: Made by others there.
trees:
  sdk:
    folders: { ts: sdk/src, go: sdk-go, py: sdk-py }
    stems:
      policy/retry: { ts: yes, go: yes, py: yes }
      http/dial: { ts: yes, go: sockets, py: planned }
      stubs/: { ts: yes, go: sockets, py: sockets }
  adapter:
    folders: { ts: sdk/conformance, go: sdk-go/conformance, py: sdk-py/conformance }
    stems:
      run: { ts: yes, go: yes, py: planned }
`;

const FILES = {
  "docs/stems.yaml": PAGE,
  "sdk/src/policy/retry.ts": "",
  "sdk/src/http/dial.ts": "",
  "sdk/src/stubs/a/v1.ts": "",
  "sdk/src/stubs/b/v1.ts": "",
  "sdk/conformance/run.ts": "",
  "sdk-go/doc.go": "",
  "sdk-go/internal/policy/retry.go": "",
  "sdk-go/internal/policy/retry_test.go": "",
  "sdk-go/conformance/run.go": "",
  "sdk-py/__init__.py": "",
  "sdk-py/_policy/__init__.py": "",
  "sdk-py/_policy/retry.py": "",
};

it("is green where every file has its line, and every line its files", async () => {
  expect(await check({})).toEqual([]);
});

it.each([
  ["a file without a line", { "sdk/src/policy/hedge.ts": "" }, "has no line for policy/hedge"],
  [
    "a file in another folder",
    { "sdk-py/retry.py": "" },
    "sdk-py/retry.py: docs/stems.yaml has no line",
  ],
  ["a file that is planned", { "sdk-py/http/dial.py": "" }, 'has to say "py: yes" of http/dial'],
  ["a file that is not to be", { "sdk-go/dial.go": "" }, 'has to say "go: yes" of http/dial'],
])("is red on %s", async (_, files, says) => {
  expect(await check(files)).toEqual([expect.stringContaining(says)]);
});

it.each([
  [
    "a line without a file",
    "http/dial: { ts: yes",
    "http/call: { ts: yes",
    2,
    "no file sdk/src/http/call.ts",
  ],
  ["a folder without a file", "stubs/: { ts: yes", "stub/: { ts: yes", 3, "no file sdk/src/stub/"],
  [
    "a language that a line lacks",
    ", py: planned }\n      stubs",
    " }\n      stubs",
    1,
    "http/dial: no word on py",
  ],
  [
    "a language nobody knows",
    "py: planned }\n      stubs",
    "py: planned, rb: planned }\n      stubs",
    1,
    "rb is no language",
  ],
  [
    "a reason that is missing",
    "http/dial: { ts: yes, go: sockets",
    "http/dial: { ts: yes, go: no",
    1,
    'there is no reason "no"',
  ],
  [
    "a reason nobody has",
    "reasons:\n",
    "reasons:\n  idle: For nothing.\n",
    1,
    "no stem has the reason idle",
  ],
])("is red on %s", async (_, from, to, count, says) => {
  expect(PAGE).toContain(from);
  const problems = await check({ "docs/stems.yaml": PAGE.replace(from, to) });
  expect(problems).toHaveLength(count);
  expect(problems).toContainEqual(expect.stringContaining(says));
});

it("takes one changed line for a renamed file", async () => {
  const { "sdk/src/http/dial.ts": _, ...others } = FILES;
  const renamed = { ...others, "sdk/src/http/connect.ts": "" };
  expect(await red(renamed)).toHaveLength(2);
  const page = PAGE.replace("http/dial:", "http/connect:");
  expect(await red({ ...renamed, "docs/stems.yaml": page })).toEqual([]);
});

it("is red without the list", async () => {
  expect(await red({ "sdk/src/a.ts": "" })).toEqual(["there is no docs/stems.yaml"]);
});

/** @param {Record<string, string>} files Beside those that are green. */
function check(files) {
  return red({ ...FILES, ...files });
}

/** @param {Record<string, string>} files */
async function red(files) {
  const { problems } = await stems.run(await openTree(plant(files).root));
  return problems;
}
