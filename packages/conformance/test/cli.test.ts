import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AdapterCommand } from "../src/adapter/adapter_process.js";
import { runCli } from "../src/cli/cli.js";
import type { Report } from "../src/report/report_json.js";
import { fakeAdapter } from "./harness/fake_adapter.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A case whose call has this text, which the fake answers with `done`. */
function writeCase(
  name: string,
  { text = "hello", ok = "done", method = "Idempotent" } = {},
): void {
  const [id = ""] = name.split(" ");
  mkdirSync(join(folder, "area"), { recursive: true });
  writeFileSync(
    join(folder, "area", `${id}.yaml`),
    `# Test.
cases:
  - name: ${name}
    layer: memory
    given:
      steps:
        - call: { method: ${method}, text: ${text} }
    expect:
      outcomes: [{ ok: ${ok} }]
      request_count: 1
`,
  );
}

async function cli(
  args: readonly string[],
  run?: string,
  adapters: readonly AdapterCommand[] = [fakeAdapter(run)],
  inCi = false,
) {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await runCli(args, { print, printError: print, adapters, silenceMs: 9000, inCi });
  return { code, output: lines.join("\n") };
}

test("all green is 0, with a matrix and totals", async () => {
  writeCase("t01 good");
  const { code, output } = await cli(["--cases", folder]);
  expect(output).toMatch(/^area +2\/2$/m);
  expect(output).toContain("fake 1.2.3: 2 passed, 0 failed, 0 skipped");
  expect(code).toBe(0);
});

test("--quick runs each case once, and says what is left in one line", async () => {
  writeCase("t01 good");
  writeCase("t02 good");
  const green = await cli(["--cases", folder, "--quick"]);
  expect(green).toEqual({ code: 0, output: "fake 1.2.3: 2 passed, 0 failed, 0 skipped" });
  writeCase("t02 bad", { ok: "other" });
  const red = await cli(["--cases", folder, "--quick"]);
  expect(red.output).toMatch(/^✗ t02 bad\n[^]*\nfake 1\.2\.3: 1 passed, 1 failed, 0 skipped$/);
  expect(red.code).toBe(1);
});

test("a red combination is 1, with what was expected and seen", async () => {
  writeCase("t01 good");
  writeCase("t02 bad", { ok: "other" });
  const { code, output } = await cli(["--cases", folder, "--format", "json"]);
  expect(output).toMatch(/^area +1\/2 ✗$/m);
  expect(output).toMatch(
    /✗ t02 bad\n +fake memory generic connect json, .*t02\.yaml:3\n +outcome 1, ok\n +expected +other\n +seen +done/,
  );
  expect(code).toBe(1);
});

test("a dead adapter fails by case, and the others go on", async () => {
  writeCase("t01 good");
  writeCase("t02 deadly", { text: "die" });
  writeCase("t03 good");
  const run = "if (text === 'die') process.exit(9); ok(id);";
  const { code, output } = await cli(["--cases", folder, "--format", "json"], run);
  expect(output).toContain("fake 1.2.3: 2 passed, 1 failed, 0 skipped");
  expect(output).toMatch(/✗ t02 deadly[^✗]*the adapter ended with exit code 9/);
  expect(code).toBe(1);
});

test("an adapter that cannot start fails every case by name", async () => {
  writeCase("t01 one");
  writeCase("t02 two");
  const { code, output } = await cli(["--cases", folder], "((");
  expect(output).toContain("fake: 0 passed, 2 failed, 0 skipped");
  expect(output).toMatch(/✗ t01 one[^✗]*✗ t02 two/);
  expect(code).toBe(1);
});

test("a case that the SDK cannot run fails without a line of the roster, and is skipped with one", async () => {
  writeCase("t01 good");
  writeCase("t02 stream", { method: "BidiStreamUnknown" });
  const without = await cli(["--cases", folder]);
  expect(without).toMatchObject({
    code: 1,
    output: expect.stringContaining("kind bidi_streaming"),
  });
  writeFileSync(
    join(folder, "known_failing.yaml"),
    'skips: [{ cases: t02, sdk: "*", reason: later, expires: "2999-01-01" }]',
  );
  const { code, output } = await cli(["--cases", folder]);
  expect(output).toContain("2 passed, 0 failed, 1 skipped");
  expect(code).toBe(0);
});

test("a known failure that passes is red", async () => {
  writeCase("t01 good");
  writeFileSync(
    join(folder, "known_failing.yaml"),
    'skips: [{ cases: t01, sdk: "*", reason: later, expires: "2999-01-01" }]',
  );
  const { code, output } = await cli(["--cases", folder]);
  expect(output).toContain("t01 good passes: take it off the list");
  expect(code).toBe(1);
});

describe("a case whose need the language lacks", () => {
  const cancel = { method: "Idempotent, cancel: { after_ms: 5 }" };
  const pinned = "case_count: 2\nskips: []\n";
  beforeEach(() => {
    writeCase("t01 good");
    writeCase("t02 canceled", cancel);
    writeFileSync(join(folder, "known_failing.yaml"), pinned);
  });
  const run = (without: Record<string, number>, abilities: readonly string[] = [], more = [""]) => {
    const adapter = { ...fakeAdapter("ok(id);", { abilities }), without };
    const args = ["--cases", folder, ...more.filter((one) => one !== "")];
    return cli(args, undefined, [adapter]);
  };

  test("is neither green nor red, and counted apart", async () => {
    const { code, output } = await run({ cancel: 1 });
    expect(output).toMatch(/^area +2\/2, 2 —$/m);
    expect(output).toMatch(/^fake 1\.2\.3: 2 passed, 0 failed, 0 skipped, 2 —$/m);
    expect(code).toBe(0);
  });

  test("is red while adapters.yaml does not say so, with what to do", async () => {
    const { code, output } = await run({});
    expect(output).toContain("✗ t02 canceled");
    expect(output).toContain("expected  its adapter describes the ability cancel");
    expect(output).toContain("without of adapters.yaml does not say that the language lacks it");
    expect(code).toBe(1);
  });

  test("is counted: of the whole suite as many need it as adapters.yaml says", async () => {
    const { code, output } = await run({ cancel: 3 });
    expect(output).toContain("counts 3 cases that need cancel, there are 1");
    expect(code).toBe(1);
    expect((await run({ cancel: 3 }, [], ["--case", "t02", "--case", "t01"])).code).toBe(1);
    expect((await run({ cancel: 3 }, [], ["--case", "t01"])).code).toBe(0);
  });

  test("runs where the adapter describes the ability, and then without is wrong", async () => {
    expect(await run({}, ["cancel"])).toMatchObject({
      code: 0,
      output: expect.stringContaining("4 passed, 0 failed, 0 skipped"),
    });
    const both = await run({ cancel: 1 }, ["cancel"]);
    expect(both.output).toContain("the ability cancel: take it off without in adapters.yaml");
    expect(both.code).toBe(1);
  });

  test("an ability that is none is told", async () => {
    const { code, output } = await run({}, ["cancel", "fly"]);
    expect(output).toContain(
      "describes the ability fly: there are cancel, eager_streams, keep_alive, loose_types, pulled_input",
    );
    expect(code).toBe(1);
  });
});

describe("with several SDKs", () => {
  const two = (run = "ok(id);", more: Partial<AdapterCommand> = {}) => [
    fakeAdapter(),
    { ...fakeAdapter(run, { sdk: "other", version: "4.5.6" }), sdk: "other", ...more },
  ];
  const node = (code: string) => [process.execPath, "-e", code] as const;
  const without = "console.error('cobol was not found: install COBOL'); process.exit(3)";
  beforeEach(() => writeCase("t01 good"));

  test("each has its columns and its line", async () => {
    const { code, output } = await cli(["--cases", folder], "", two());
    expect(output).toMatch(/^ +fake +other$/m);
    expect(output).toMatch(/^area +2\/2 +2\/2$/m);
    expect(output).toMatch(
      /^fake 1\.2\.3: 2 passed, 0 failed, 0 skipped\nother 4\.5\.6: 2 passed, 0 failed, 0 skipped$/m,
    );
    expect(code).toBe(0);
  });

  test("--quick has a line for each, --sdk chooses", async () => {
    const quick = await cli(["--cases", folder, "--quick"], "", two());
    expect(quick).toEqual({
      code: 0,
      output:
        "fake 1.2.3: 1 passed, 0 failed, 0 skipped\nother 4.5.6: 1 passed, 0 failed, 0 skipped",
    });
    const one = await cli(["--cases", folder, "--quick", "--sdk", "other"], "", two());
    expect(one.output).toBe("other 4.5.6: 1 passed, 0 failed, 0 skipped");
  });

  test("what is wrong with one is told of it, and makes the run red", async () => {
    const { code, output } = await cli(["--cases", folder], "", two("ok(id, 'else');"));
    expect(output).toContain("other memory generic connect binary");
    expect(output).toContain("other 4.5.6: 0 passed, 2 failed, 0 skipped");
    expect(code).toBe(1);
  });

  test("their effective policies have one hash", async () => {
    const explain = (hash: string) =>
      `answer(id, { run: { outcomes: [{ ok: 'done' }], requests: [{}], leaks: LEAKS, policyHash: '${hash}' } })`;
    const adapters = [fakeAdapter(explain("a")), ...two(explain("b")).slice(1)];
    const { code, output } = await cli(["--cases", folder], "", adapters);
    expect(output).toMatch(
      /hash of the effective policy\n +expected +a, as fake generic\n +seen +b/,
    );
    expect(code).toBe(1);
  });

  test("one is built before it is started", async () => {
    const target = join(folder, "built");
    const build = node(`require("fs").writeFileSync(${JSON.stringify(target)}, "yes")`);
    const run = `require("fs").readFileSync(${JSON.stringify(target)}); ok(id);`;
    const { code } = await cli(["--cases", folder], "", two(run, { build }));
    expect(code).toBe(0);
  });

  test("one that cannot be built is red, with what the build said, and the others run", async () => {
    const build = node("console.error('main.cbl:7: no'); process.exit(1)");
    const { code, output } = await cli(["--cases", folder], "", two("", { build }));
    expect(output).toContain("✗ other: its adapter could not be built:\nmain.cbl:7: no");
    expect(output).toContain("fake 1.2.3: 2 passed, 0 failed, 0 skipped");
    expect(output).not.toContain("other 4.5.6");
    expect(code).toBe(1);
  });

  test("one whose toolchain is missing is left out with a line, and in CI red", async () => {
    const adapters = two("", { build: node(without) });
    const run = (inCi: boolean, ...args: string[]) =>
      cli(["--cases", folder, ...args], "", adapters, inCi);
    const { code, output } = await run(false, "--quick");
    expect(output).toBe(
      "other is left out: cobol was not found: install COBOL\nfake 1.2.3: 1 passed, 0 failed, 0 skipped",
    );
    expect(code).toBe(0);
    expect(await run(false, "--sdk", "other")).toMatchObject({ code: 2 });
    const inCi = await run(true, "--quick");
    expect(inCi.output).toContain("✗ other: cobol was not found: install COBOL");
    expect(inCi.code).toBe(1);
  });

  test("--mutate changes the constants of each, and names whose they are", async () => {
    const numbers = { constants: { "retry.delay_ms": 5 } };
    const adapters = two().map((one) => ({
      ...one,
      ...fakeAdapter("ok(id);", numbers),
      sdk: one.sdk,
    }));
    const { code, output } = await cli(["--cases", folder, "--mutate"], "", adapters);
    for (const sdk of ["fake", "other"]) {
      expect(output).toContain(`${sdk}: retry.delay_ms 5 → 4: SURVIVES`);
      expect(output).toContain(`mutate: ${sdk}: 0 killed, 4 survive, of 4`);
    }
    expect(code).toBe(1);
  });

  test("--mutate and --fuzz leave out what cannot be built, and are red in CI", async () => {
    const adapters = two("", { build: node(without) }).slice(1);
    for (const args of [["--mutate"], ["--fuzz", "1"]]) {
      const all = ["--cases", folder, ...args];
      const elsewhere = await cli(all, "", adapters, false);
      expect(elsewhere).toEqual({
        code: 2,
        output: "other is left out: cobol was not found: install COBOL",
      });
      expect((await cli(all, "", adapters, true)).code).toBe(1);
    }
  });
});

test("a file that cannot be read is red, and the others run", async () => {
  writeCase("t01 good");
  writeFileSync(join(folder, "t02.yaml"), "# Test.\ncases: [{ nam: x }]\n");
  const { code, output } = await cli(["--cases", folder]);
  expect(output).toMatch(/t02\.yaml:2: cases\[0\]\.nam: unknown key/);
  expect(output).toContain("2 passed");
  expect(code).toBe(1);
});

test("the effective policy has to have the same hash through each entry", async () => {
  writeCase("t01 explains");
  const run =
    "answer(id, { run: { outcomes: [{ ok: 'done' }], requests: [{}], leaks: LEAKS, policyHash: 'h' + id } })";
  const { code, output } = await cli(["--cases", folder], run);
  expect(output).toContain("hash of the effective policy");
  expect(code).toBe(1);
});

test.each([
  ["an unknown option", ["--frobnicate"]],
  ["a case of nothing", ["--case", "nothing*"]],
  ["an unknown SDK", ["--sdk", "cobol"]],
  ["an unknown layer", ["--layer", "disk"]],
  ["a folder that is not there", ["--cases", "no/such/folder"]],
  ["a seed that is no number", ["--seed", "x"]],
  ["a quick run of random cases", ["--quick", "--fuzz", "3"]],
  ["a quick run of the wire", ["--quick", "--layer", "wire"]],
  ["a filter that leaves nothing", ["--http", "2", "--layer", "wire"]],
])("%s is 2", async (_what, args) => {
  writeCase("t01 good");
  const { code, output } = await cli(["--cases", folder, ...args]);
  expect(output).not.toBe("");
  expect(code).toBe(2);
});

test("what selects no case is told, and where all are", async () => {
  writeCase("t01 good");
  const { code, output } = await cli(["--cases", folder, "--case", "nothing*"]);
  expect(output).toBe("no case is called nothing*; --list prints all (see --help)");
  expect(code).toBe(2);
});

test("a file that cannot be read is told alone", async () => {
  writeCase("t01 good", { ok: "done\n      outcome: 1, x: 2" });
  const { code, output } = await cli(["--cases", folder]);
  expect(output).toContain("t01.yaml:");
  expect(output).not.toContain("see --help");
  expect(code).toBe(1);
});

test("--list names the cases, --help the protocol of adapters", async () => {
  writeCase("t01 good");
  writeCase("t02 other");
  const list = await cli(["--cases", folder, "--list", "--case", "t01"]);
  expect(list.output).toMatch(/^t01 good {2}\(.*t01\.yaml:3\)$/);
  const { code, output } = await cli(["--help"]);
  expect(output).toMatch(/4-byte big-endian/);
  expect(code).toBe(0);
});

test("--report writes a page that needs nothing else, and the same as JSON", async () => {
  writeCase("t01 good");
  writeCase("t02 bad", { ok: "</script><script>alert(1)</script>" });
  const reports = join(folder, "deep", "reports");
  await cli(["--cases", folder, "--report", reports]);
  const report = JSON.parse(readFileSync(join(reports, "report.json"), "utf8")) as Report;
  expect(report.totals).toEqual({ fake: { passed: 2, failed: 2, skipped: 0, unable: 0 } });
  expect(report.cases.find(({ verdict }) => verdict === "failed")).toMatchObject({
    name: "t02 bad",
    sdk: "fake",
    layer: "memory",
    entry: "generic",
    protocol: "connect",
    format: "binary",
    http: "",
    httpClient: "",
    differences: [{ step: "outcome 1", seen: "done" }],
    timeline: {
      expected: expect.arrayContaining([{ step: "requests", lines: ["1"] }]),
      seen: expect.arrayContaining([{ step: "outcome 1", lines: ["ok done", "after 1 ms"] }]),
    },
  });
  const page = readFileSync(join(reports, "report.html"), "utf8");
  expect(page).not.toMatch(/\b(src|href)=|@import|url\(|\{\{/);
  expect(page.match(/<\/script>/g)).toHaveLength(2);
});
