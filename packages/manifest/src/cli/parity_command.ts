import { isGreen } from "../check/check.js";
import { parity } from "../parity.js";
import { readManifest } from "../read.js";
import { toJsonReport } from "../report/json.js";
import { showTable } from "../report/table.js";
import { readArguments } from "./arguments.js";
import { tellMissing } from "./check_command.js";
import type { Command } from "./command.js";
import { readText } from "./files.js";

/** `parity`: whether the SDKs of this repository have what its module says. */
export const parityCommand: Command = {
  help: `Usage: npx -y pnpm@12.21.0 parity [--base FILE] [--json]

Derives the manifest of our module, looks at the SDKs in TypeScript, Go and
Python, and says where one of them has something else. How they behave is what
conformance says.

  --base FILE  an older manifest: no service or method of it may disappear or
               get another name
  --json       prints verdict, numbers, problems, and the SHA-256 of module,
               image, manifest and surfaces as one JSON object

An SDK whose toolchain is missing is left out, with a line that says so; with
CI=true that is a failure.

Exit code 0: alike; 1: not alike, or an SDK could not be looked at; 2: wrong
arguments.
`,
  async run(argv, output) {
    const { values } = readArguments(argv, {
      base: { type: "string" },
      json: { type: "boolean", default: false },
    });
    const base = values.base && readManifest(await readText(values.base), values.base);
    const result = await parity(base || undefined);
    const verdict = { ...result, incomplete: tellMissing(result.missing, output) };
    output.out(values.json ? toJsonReport(verdict) : showTable(verdict));
    return isGreen(verdict) ? 0 : 1;
  },
};
