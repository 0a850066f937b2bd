import { expect, test } from "vitest";
import { runCli } from "../src/cli/cli.js";
import { testSuite } from "./harness/test_suite.js";

// Of each case one combination over each protocol, over Connect one of each HTTP version; all are in the
// full lane.
await testSuite({ thin: true });

test("200 random cases do what the reference model says", { timeout: 60_000 }, async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await runCli(["--fuzz", "200"], { print, printError: print });
  expect({ code, output: code === 0 ? "" : lines.join("\n") }).toEqual({ code: 0, output: "" });
});
