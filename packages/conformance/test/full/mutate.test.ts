import { expect, test } from "vitest";
import { runCli } from "../../src/cli/cli.js";

const MINUTES = 60_000;

test(
  "each constant of the policy, when changed, turns a case red",
  async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const code = await runCli(["--mutate"], { print, printError: print });
    expect({ code, output: code === 0 ? "" : lines.join("\n") }).toEqual({ code: 0, output: "" });
  },
  30 * MINUTES,
);
