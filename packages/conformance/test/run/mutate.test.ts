import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AdapterCommand } from "../../src/adapter/adapter_process.js";
import { loadFile } from "../../src/suite/load_file.js";
import { mutantsOf, runMutate } from "../../src/run/mutate.js";

// An SDK with two numbers: it shows the delay, and the other where the test says so.
const ADAPTER = `
let bytes = Buffer.alloc(0);
const write = (value) => {
  const body = Buffer.from(JSON.stringify(value));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  process.stdout.write(Buffer.concat([size, body]));
};
const CONSTANTS = { "retry.delayMs": 50, "hidden": HIDDEN };
process.stdin.on("data", (chunk) => {
  bytes = Buffer.concat([bytes, chunk]);
  while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
    const size = bytes.readUInt32BE(0);
    const { id, run } = JSON.parse(bytes.subarray(4, 4 + size).toString());
    bytes = bytes.subarray(4 + size);
    if (run === undefined) {
      write({ id, describe: { sdk: "small", entries: ["generic"], protocols: ["connect"],
        formats: ["json"], kinds: ["unary"], constants: CONSTANTS } });
    } else {
      const numbers = { ...CONSTANTS, ...run.constants };
      const sleeps = [numbers["retry.delayMs"]];
      write({ id, run: { outcomes: [{ ok: "fine" }], requests: [{ method: "POST" }], sleeps, budget: SEEN, leaks: {} } });
    }
  }
});
`;

function adapter({ hidden, seen }: { hidden: number; seen: string }): AdapterCommand {
  const code = ADAPTER.replace("HIDDEN", String(hidden)).replace("SEEN", seen);
  return { sdk: "small", command: [process.execPath, "-e", code], cwd: process.cwd() };
}

const { cases } = loadFile(
  `# One case.
cases:
  - name: z01 one
    layer: memory
    given: { steps: [{ call: { method: Idempotent } }] }
    server: { otherwise: { ok: fine } }
    expect: { outcomes: [{ ok: fine }], request_count: 1, sleeps: { values: [50] }, budget: 7 }
`,
  { file: "z01.yaml", area: "test" },
);

async function mutated(command: AdapterCommand) {
  const lines: string[] = [];
  const code = await runMutate({ adapters: [command], cases, print: (line) => lines.push(line) });
  return { code, lines };
}

describe("mutantsOf", () => {
  it("changes a number a little and much, both ways", () => {
    expect(mutantsOf("x", 50).map(({ to }) => to)).toEqual([49, 51, 25, 75]);
    expect(mutantsOf("x", 1).map(({ to }) => to)).toEqual([0, 2]);
    expect(mutantsOf("x", 0.1).map(({ to }) => to)).toEqual([0.09, 0.11, 0.05, 0.15]);
  });
});

describe("runMutate", () => {
  it("says which case killed a mutant", async () => {
    const { code, lines } = await mutated(adapter({ hidden: 7, seen: "numbers.hidden" }));
    expect(code).toBe(0);
    expect(lines).toContain("retry.delayMs 50 → 49: killed by z01 one");
    expect(lines.at(-1)).toBe("mutate: small: 8 killed, 0 survive, of 8");
  });

  it("leaves out constants of what the language cannot do", async () => {
    const { command, ...rest } = adapter({ hidden: 9, seen: "7" });
    const [program, flag, code = ""] = command;
    const renamed = code.replaceAll('"hidden"', '"keep_alive.ms"');
    const without = { ...rest, command: [program, flag ?? "", renamed] as const };
    const { code: exit, lines } = await mutated(without);
    expect(exit).toBe(0);
    expect(lines).toContain("keep_alive.ms: says nothing without the ability keep_alive");
    expect(lines.at(-1)).toBe("mutate: small: 4 killed, 0 survive, of 4");
  });

  it("tries first what has killed in another SDK", async () => {
    const folder = mkdtempSync(join(tmpdir(), "conformance-mutate-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const counted = (sdk: string): AdapterCommand => {
      const { command, ...rest } = adapter({ hidden: 7, seen: "numbers.hidden" });
      const note = `require("fs").appendFileSync(${JSON.stringify(join(folder, sdk))}, "x");`;
      const code = command.at(-1)?.replace("const numbers", `${note} const numbers`) ?? "";
      return { ...rest, sdk, command: [process.execPath, "-e", code] };
    };
    const lines: string[] = [];
    const adapters = [counted("first"), counted("second")];
    expect(await runMutate({ adapters, cases, print: (line) => lines.push(line) })).toBe(0);
    expect(lines.at(-1)).toBe("mutate: second: 8 killed, 0 survive, of 8");
    // A mutant, the constant as it is, the mutant again: eight times.
    expect(readFileSync(join(folder, "second"), "utf8")).toHaveLength(24);
    expect(readFileSync(join(folder, "first"), "utf8").length).toBeGreaterThan(24);
  });

  it("fails when a mutant survives", async () => {
    const { code, lines } = await mutated(adapter({ hidden: 9, seen: "7" }));
    expect(code).toBe(1);
    expect(lines).toContain("hidden 9 → 10: SURVIVES");
  });

  it("lets no case kill that fails anyway", async () => {
    const { code, lines } = await mutated(adapter({ hidden: 9, seen: "8" }));
    expect(code).toBe(1);
    expect(lines).toContain("z01 one fails without a mutant: it kills none");
    expect(lines).toContain("retry.delayMs 50 → 49: SURVIVES");
  });
});
