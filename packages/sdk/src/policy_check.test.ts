import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../dist/policy_check.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "policy-"));

afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("ameide-policy check", () => {
  const good = file("good.json", '{"default": {"maxAttempts": 4, "timeoutMs": "5000"}}');

  it("accepts a good document", () => {
    expect(run("check", good)).toEqual({ status: 0, stdout: `${good}: good\n`, stderr: "" });
  });

  it.each([
    ["k02 unknown-field-rejected", '{"default": {"maxAttemps": 4}}', '"maxAttemps" is unknown'],
    ["a value out of its bounds", '{"default": {"maxAttempts": 6}}', "policy.default.maxAttempts"],
    ["a wrong selector", '{"methods": [{"selectors": ["a b"], "policy": {}}]}', "selector"],
    ["no JSON", "{", "cannot decode"],
  ])("refuses %s", (_name, text, problem) => {
    const { status, stderr } = run("check", good, file("bad.json", text));
    expect(status).toBe(1);
    expect(stderr).toContain(problem);
  });

  it.each([[[]], [["chek", good]], [["check"]], [["check", join(folder, "none.json")]]])(
    "exits with 2 for %j",
    (args) => {
      const { status, stderr } = run(...args);
      expect(status).toBe(2);
      expect(stderr).not.toBe("");
    },
  );

  it("says how it is used", () => {
    expect(run("--help").stdout).toContain("usage: ameide-policy check <file>...");
  });
});
