import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startFaultServer } from "../src/index.js";

test("the example in the README runs", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```js\n([^]*?)```/.exec(readme)?.[1];
  expect(example).toBeDefined();
  const names = ["startFaultServer", "assert"];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction(...names, example ?? "")(startFaultServer, assert);
});
