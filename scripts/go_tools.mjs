// @ts-check
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import { run } from "./command.mjs";
import { MissingTool } from "./missing_tool.mjs";

const GO_HINT = "go was not found: install Go 1.26 or newer (https://go.dev/dl) and put it on PATH";

/** The plugins that generate Go. */
export const GO_PLUGINS = [
  "connectrpc.com/connect/cmd/protoc-gen-connect-go",
  "google.golang.org/protobuf/cmd/protoc-gen-go",
];

/**
 * What `go version` prints.
 *
 * @param {string} root
 * @returns {Promise<string>}
 * @throws {MissingTool} When there is no Go.
 */
export async function goVersion(root) {
  const { code, stdout } = await run("go", ["version"], { cwd: root, timeoutMs: 30_000 });
  if (code !== 0) {
    throw new MissingTool(GO_HINT);
  }
  return stdout;
}

/**
 * Builds tools of tools/go.mod into .cache/bin, but for those that are there already.
 *
 * @param {string} root
 * @param {string[]} packages Their import paths.
 * @returns {Promise<string[]>} Their programs, in the same order.
 * @throws {MissingTool} When there is no Go.
 * @throws {Error} With what Go said, when it could not build them.
 */
export async function buildGoTools(root, packages) {
  const tools = join(root, "tools");
  const hash = createHash("sha256").update(await goVersion(root));
  for (const file of ["go.mod", "go.sum"]) {
    hash.update(readFileSync(join(tools, file)));
  }
  const key = hash.digest("hex");

  const bin = join(root, ".cache", "bin");
  /** @param {string} path */
  const marker = (path) => join(bin, `.${basename(path)}`);
  const stale = packages.filter(
    (path) => !existsSync(marker(path)) || readFileSync(marker(path), "utf8") !== key,
  );
  if (stale.length > 0) {
    mkdirSync(bin, { recursive: true });
    // Built aside, so that a program another process runs, or builds, is never half a one.
    const fresh = mkdtempSync(join(bin, ".build-"));
    try {
      const args = ["build", "-o", `${fresh}/`, ...stale];
      const built = await run("go", args, {
        cwd: tools,
        env: { GOWORK: "off" },
        timeoutMs: 600_000,
      });
      if (built.code !== 0) {
        throw new Error(`go failed:\n${built.stderr}${built.stdout}`.trimEnd());
      }
      for (const path of stale) {
        renameSync(join(fresh, basename(path)), join(bin, basename(path)));
        writeFileSync(marker(path), key);
      }
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return packages.map((path) => join(bin, basename(path)));
}
