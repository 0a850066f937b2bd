// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect, it, onTestFinished } from "vitest";

import { inCi } from "../in_ci.mjs";
import { isOnPath } from "../preflight.mjs";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = `
  import { goBuild } from "./scripts/go_build.mjs";
  process.on("SIGTERM", () => process.exit(1));
  await goBuild("packages/core-proto/go", process.argv[1], "./...");
`;

it.runIf(isOnPath("go") || inCi())("leaves nothing of a build that is ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ameide-go-build-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const args = ["--input-type=module", "-e", PROGRAM, join(folder, "program")];
  const building = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: "inherit" });
  const ended = once(building, "exit");
  while (readdirSync(folder).length === 0) {
    await sleep(10);
  }
  building.kill("SIGTERM");
  expect(await ended).toEqual([1, null]);
  expect(readdirSync(folder)).toEqual([]);
});
