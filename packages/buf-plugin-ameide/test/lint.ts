import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What buf says of a line, as `--error-format json` prints it. */
export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly type: string;
  readonly message: string;
}

/** The folder of the module that {@link lint} makes. */
export const MODULE = "proto";

/** The compiled plugin. */
export const PLUGIN = at("../bin/buf-plugin-ameide.js");

/** Lints files, beside a copy of policy.proto, by the plugin's rules alone; gives what buf says, by line and text. */
export function lint(files: Record<string, string>): Annotation[] {
  const root = mkdtempSync(join(tmpdir(), "ameide-lint-"));
  try {
    const policy = "ameide/policy/v1/policy.proto";
    cpSync(at(`../../../proto/${policy}`), join(root, MODULE, policy));
    for (const [path, text] of Object.entries({ ...files, "../buf.yaml": BUF_YAML })) {
      mkdirSync(dirname(join(root, MODULE, path)), { recursive: true });
      writeFileSync(join(root, MODULE, path), text);
    }
    const buf = at("../../../node_modules/.bin/buf");
    const args = ["lint", "--error-format", "json"];
    const { status, stdout, stderr } = spawnSync(buf, args, { cwd: root, encoding: "utf8" });
    if (stderr !== "" || (status !== 0 && status !== 100)) {
      throw new Error(`buf lint ended with ${status}: ${stderr}`);
    }
    const found = stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line): Annotation => JSON.parse(line));
    return found.toSorted(
      (a, b) => a.start_line - b.start_line || (a.message < b.message ? -1 : 1),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const BUF_YAML = JSON.stringify({
  version: "v2",
  modules: [{ path: MODULE }],
  lint: { use: ["AMEIDE"] },
  plugins: [{ plugin: [process.execPath, PLUGIN] }],
});

function at(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
