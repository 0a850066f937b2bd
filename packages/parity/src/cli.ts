import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { toJson } from "@bufbuild/protobuf";
import { VerdictSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { parity, parseStrictly, readManifest, UserError } from "@ameideio/manifest";
import { VERDICTS } from "@ameideio/scripts/verdicts.mjs";
import { gather } from "./evidence.js";
import { judge } from "./judge.js";
import { pinned, writePins } from "./pins.js";
import { renderPage } from "./report/page.js";
import { showTable } from "./report/summary.js";
import { runSuites } from "./run_suites.js";

const HELP = `Usage: npx -y pnpm@12.21.0 parity [OPTION...]

The gate: whether the SDKs in TypeScript, Go and Python have what the protos say
and do the same. One red cell fails it. It has four parts:

  manifest  what exists, with what the protos say: looked at now
  pins      surfaces and API reports, with packages/parity/pins.json: now
  matrix    the last run of every case: npx -y pnpm@12.21.0 conformance
  official  the last run of Connect's own suite: … conformance:connect

A run of a suite counts as long as the sources it ran on are what they were: the
SDK, its stubs, its adapter, the cases, the suite, and third parties as locked.
One that is missing or of other sources is red, with the command that makes it.

  --run            runs what is missing first; minutes, with progress
  --quick          does without runs of the suites that are missing: seconds
  --brief          counts red cells instead of naming them
  --pin            pins surfaces and API reports as they are, for a review to
                   agree to; judges nothing else
  --base FILE      an older manifest, as of the last release: no service or
                   method of it may disappear or get another name
  --json           prints the verdict as one JSON object,
                   ameide.parity.v1.Verdict, instead of the table
  --html FILE      writes a page for people, too
  --verdicts FOLDER
                   where runs of suites are read from

An SDK whose toolchain is missing is left out, with a line that says so; with
CI=true that is red.

Exit code 0: pass; 1: fail, or something could not be looked at; 2: wrong
arguments.
`;

/** Where the program writes. */
export interface Output {
  /** Writes to standard output, as it is. */
  readonly out: (text: string) => void;
  /** Writes a line to standard error. */
  readonly line: (text: string) => void;
}

/**
 * Runs the program.
 *
 * @param argv - Its arguments. pnpm's separator is passed over.
 * @returns the exit code.
 */
export async function runCli(argv: readonly string[], output: Output): Promise<number> {
  const options = read(argv);
  if (typeof options === "string") {
    output.line(`${options} (see --help)`);
    return 2;
  }
  if (options.help) {
    output.out(HELP);
    return 0;
  }
  try {
    return await run(options, output);
  } catch (reason) {
    if (!(reason instanceof UserError)) {
      throw reason;
    }
    output.line(reason.message);
    return 1;
  }
}

/** Runs the program on the arguments of this process, and sets its exit code. */
export async function main(): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    line: (text) => void process.stderr.write(`${text}\n`),
  });
}

type Options = Exclude<ReturnType<typeof read>, string>;

async function run(options: Options, { out, line }: Output): Promise<number> {
  const { base, verdicts, html } = options;
  const result = await parity(base === undefined ? undefined : readManifest(readText(base), base));
  result.missing.forEach(line);
  const first = await gather(result, verdicts);
  if (options.pin) {
    writePins(pinned(first.pins, result.surfaces, first.api));
    line(`pinned: ${result.sdks.join(", ")}`);
    return 0;
  }
  if (options.run) {
    await runSuites(first, line);
  }
  const evidence = options.run ? await gather(result, verdicts) : first;
  const verdict = judge(evidence, options.quick ? "quick" : "full");
  if (html !== undefined) {
    writeFileSync(html, renderPage(verdict, evidence));
    line(`written: ${html}`);
  }
  const json = toJson(VerdictSchema, verdict, { alwaysEmitImplicit: true });
  out(options.json ? `${JSON.stringify(json, undefined, 2)}\n` : showTable(verdict, options.brief));
  return verdict.verdict === "pass" ? 0 : 1;
}

/** Reads the arguments, or says what is wrong with them. */
function read(argv: readonly string[]) {
  try {
    const { values, positionals } = parseStrictly(
      argv.filter((argument) => argument !== "--"),
      {
        run: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        brief: { type: "boolean", default: false },
        pin: { type: "boolean", default: false },
        base: { type: "string" },
        json: { type: "boolean", default: false },
        html: { type: "string" },
        verdicts: { type: "string", default: VERDICTS },
        help: { type: "boolean", short: "h", default: false },
      },
    );
    if (positionals.length > 0) {
      return `unknown argument ${positionals[0]}`;
    }
    if (values.run && (values.quick || values.verdicts !== VERDICTS)) {
      return "--run excludes --quick and --verdicts";
    }
    return values;
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (reason) {
    throw new UserError(`${path} cannot be read: ${(reason as Error).message}`);
  }
}
