import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../../src/cli/cli.js";
import { generateCase } from "../../src/fuzz/generate.js";
import { writeCase } from "../../src/fuzz/write_case.js";

const MINUTES = 60_000;
// What every SDK can do.
const ALIKE = { protocols: [], kinds: [], abilities: ["cancel"] };

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

// A disagreement becomes a case of the suite by moving its file, so that what is written has to say
// what the model says, in the terms of cases.
test(
  "300 random cases, written as case files, pass",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "written-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "found"));
    for (let index = 0; index < 300; index++) {
      const generated = generateCase(13, index, ALIKE);
      const name = `fuzz-13-${index} written`;
      const text = writeCase({ name, comment: ["A random case."], ...generated });
      writeFileSync(join(folder, "found", `fuzz_13_${index}.yaml`), text);
    }
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const code = await runCli(["--cases", folder], { print, printError: print });
    expect({ code, output: code === 0 ? "" : lines.join("\n") }).toEqual({ code: 0, output: "" });
  },
  10 * MINUTES,
);
