import { expect, test } from "vitest";
import { runCli } from "../src/cli.js";

const MINUTES = 60_000;

// 10,000 random cases over several seeds, against the reference model and each other.
test.each([1, 2, 3, 5, 8])(
  "2000 random cases of seed %i",
  async (seed) => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const code = await runCli(["--fuzz", "2000", "--seed", String(seed)], {
      print,
      printError: print,
    });
    expect({ code, output: code === 0 ? "" : lines.join("\n") }).toEqual({ code: 0, output: "" });
  },
  10 * MINUTES,
);
