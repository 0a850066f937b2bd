import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromJsonString } from "@bufbuild/protobuf";
import { VerdictSchema } from "@ameideio/conformance-proto/ameide/parity/v1";
import { SDKS } from "@ameideio/manifest";
import { expect, it } from "vitest";
import { runCli } from "../src/cli.js";
import { installed } from "./harness/installed.js";
import { temporaryFolder } from "./harness/temporary.js";

async function run(...argv: string[]) {
  let stdout = "";
  const stderr: string[] = [];
  const code = await runCli(argv, {
    out: (text) => void (stdout += text),
    line: (text) => void stderr.push(text),
  });
  return { code, stdout, stderr };
}

const all = (await Promise.all(SDKS.map(installed))).every((one) => one);

it.runIf(all)(
  "the SDKs have what the module says, as a review agreed to",
  { timeout: 120_000 },
  async () => {
    const page = join(temporaryFolder(), "parity.html");
    const { code, stdout, stderr } = await run("--quick", "--json", "--html", page);
    const verdict = fromJsonString(VerdictSchema, stdout);
    // What the suites left, if anything, is theirs to prove.
    expect(verdict.red.filter(({ part }) => part === "manifest" || part === "pins")).toEqual([]);
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    const sdks = { ts: sha256, go: sha256, python: sha256 };
    expect(verdict).toMatchObject({ scope: "quick", sdks: ["ts", "go", "python"], missing: [] });
    expect(verdict.digests).toMatchObject({
      module: sha256,
      image: sha256,
      manifest: sha256,
      surfaces: sdks,
      api: sdks,
      runs: { ts: sha256, go: sha256, "py-async": sha256, "py-sync": sha256 },
    });
    expect({ code, stderr }).toEqual({
      code: verdict.verdict === "pass" ? 0 : 1,
      stderr: [`written: ${page}`],
    });
    expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>/);
  },
);

it("--help says what there is", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const option of ["run", "quick", "pin", "base", "json", "html", "verdicts"]) {
    expect(stdout).toContain(`--${option}`);
  }
});

it.each([
  [["--quik"], "Unknown option '--quik' (see --help)"],
  [["surprise"], "unknown argument surprise (see --help)"],
  [["--base", ""], "--base is empty (see --help)"],
  [["--base=a.json", "--base", "b.json"], "--base is given twice (see --help)"],
  [["--verdicts", ""], "--verdicts is empty (see --help)"],
  [["--run", "--quick"], "--run excludes --quick and --verdicts (see --help)"],
])("%j is refused with exit code 2", async (argv, message) => {
  expect(await run(...argv)).toEqual({ code: 2, stdout: "", stderr: [message] });
});
