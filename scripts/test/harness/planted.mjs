// @ts-check
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * A small repository in a temporary folder, gone when the test is over. The workspace's tools are
 * installed in it by a link.
 *
 * @param {Record<string, string>} files Path to content.
 * @returns {Planted}
 */
export function plant(files) {
  const root = mkdtempSync(join(tmpdir(), "ameide-planted-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const planted = new Planted(root);
  planted.git("init", "--quiet", "--initial-branch=main");
  planted.write({ ".gitignore": "node_modules\n.turbo\n.results\n", ...files });
  // Links to single folders: an install in the planted tree must not reach the repository's own.
  mkdirSync(join(root, "node_modules"), { recursive: true });
  for (const folder of [".bin", "@types"]) {
    symlinkSync(join(REPOSITORY, "node_modules", folder), join(root, "node_modules", folder));
  }
  return planted;
}

class Planted {
  /** @param {string} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {Record<string, string>} files */
  write(files) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(this.root, dirname(path)), { recursive: true });
      writeFileSync(join(this.root, path), content);
    }
  }

  /** @param {string} path */
  remove(path) {
    rmSync(join(this.root, path));
  }

  /** Commits everything. */
  commit() {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "planted");
  }

  /** @param {string[]} args */
  git(...args) {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    const config = [...who, "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"];
    return execFileSync("git", [...config, ...args], { cwd: this.root, encoding: "utf8" }).trim();
  }
}

/**
 * The text of a package.json.
 *
 * @param {import("../../workspace.mjs").Manifest} fields
 */
export function manifest(fields) {
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}
