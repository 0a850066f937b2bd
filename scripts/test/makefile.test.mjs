// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

import { CHECKS } from "../checks/index.mjs";
import { plant } from "./harness/planted.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** @type {{ packageManager: string, scripts: Record<string, string> }} */
const { packageManager, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

it.each([
  ["lint", "check buf-lint buf-format lint"],
  ["breaking", "check buf-breaking"],
  ["generate", "generate"],
  ["test", "test"],
  ["clean", "run clean"],
])("make %s is pnpm %s", (target, command) => {
  const { status, stdout } = spawnSync("make", ["-n", target], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: `npx -y ${packageManager} ${command}\n`,
  });
  const [script = "", ...checks] = command.replace(/^run /, "").split(" ");
  expect(scripts).toHaveProperty(script);
  expect(CHECKS.map(({ name }) => name)).toEqual(expect.arrayContaining(checks));
});

it("pnpm clean removes what is ignored, and neither what is installed nor what is written", () => {
  const gone = ["packages/a/dist/a.js", ".cache/b"];
  const kept = ["packages/a/node_modules/c/dist/c.js", ".venv/d", "packages/a/new.js"];
  const { root } = plant({
    ".gitignore": readFileSync(join(ROOT, ".gitignore"), "utf8"),
    ...Object.fromEntries([...gone, ...kept].map((file) => [file, ""])),
  });
  const { status } = spawnSync(scripts["clean"] ?? "", { cwd: root, shell: true });
  expect(status).toBe(0);
  expect([...gone, ...kept].filter((file) => existsSync(join(root, file)))).toEqual(kept);
});
