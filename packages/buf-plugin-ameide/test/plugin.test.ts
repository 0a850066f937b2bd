import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { PLUGIN } from "./lint.js";

test("speaks protocol 1", () => {
  expect(run(["--protocol"])).toMatchObject({ status: 0, stdout: "1\n" });
});

test("says in one line that it is not built", () => {
  const folder = mkdtempSync(join(tmpdir(), "ameide-lint-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "bin/buf-plugin-ameide.mjs");
  cpSync(PLUGIN, program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr: "buf-plugin-ameide is not built: type npx -y pnpm@12.21.0 build first\n",
  });
});

test("names its procedures", () => {
  const { stdout } = run(["--spec", "--format", "json"]);
  expect(JSON.parse(stdout)).toEqual({
    procedures: [
      { path: "/buf.plugin.check.v1.CheckService/Check", args: ["check"] },
      { path: "/buf.plugin.check.v1.CheckService/ListRules", args: ["list-rules"] },
      { path: "/buf.plugin.check.v1.CheckService/ListCategories", args: ["list-categories"] },
    ],
  });
});

test("lists its rules page by page, an empty stdin being an empty request", () => {
  const all = call("list-rules", "").value["rules"] as { id: string }[];
  expect(all.map(({ id }) => id)).toHaveLength(5);
  const type = "type.googleapis.com/buf.plugin.check.v1.ListRulesRequest";
  const page = { "@type": type, pageSize: 3 };
  const first = call("list-rules", JSON.stringify({ value: page })).value;
  const rest = { ...page, pageToken: first["nextPageToken"] };
  const second = call("list-rules", JSON.stringify({ value: rest })).value;
  expect([first["rules"], second["rules"]].flat()).toEqual(all);
  expect(second).not.toHaveProperty("nextPageToken");
});

test.each([
  ["a rule that it has not", { ruleIds: ["OTHER"] }, "there is no rule OTHER"],
  ["an option", { options: [{ key: "words" }] }, "unknown option words: there are none"],
])("answers %s with an error", (_, request, message) => {
  const type = "type.googleapis.com/buf.plugin.check.v1.CheckRequest";
  const input = JSON.stringify({ value: { "@type": type, ...request } });
  expect(call("check", input).error).toEqual({ code: 3, message });
});

test.each([[[]], [["other"]], [["--spec", "--format", "xml"]], [["check", "more"]]])(
  "refuses the arguments %j",
  (args) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^usage: buf-plugin-ameide \(--protocol\|.*Buf starts it\n$/);
  },
);

function run(args: string[], input = "") {
  return spawnSync(process.execPath, [PLUGIN, ...args], { input, encoding: "utf8" });
}

function call(procedure: string, input: string) {
  const { stdout, stderr } = run([procedure, "--format", "json"], input);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { value: Record<string, unknown>; error: unknown };
}
