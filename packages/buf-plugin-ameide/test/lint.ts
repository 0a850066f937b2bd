import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
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
  return runBuf(files, ["--error-format", "json"])
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Annotation => JSON.parse(line))
    .toSorted((a, b) => a.start_line - b.start_line || (a.message < b.message ? -1 : 1));
}

/** Lints files as {@link lint} does; gives what buf prints. */
export function lintText(files: Record<string, string>): string {
  return runBuf(files, []);
}

function runBuf(files: Record<string, string>, more: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), "ameide-lint-"));
  try {
    const policy = "ameide/policy/v1/policy.proto";
    cpSync(at(`../../../proto/${policy}`), join(root, MODULE, policy));
    for (const [path, text] of Object.entries({ ...files, "../buf.yaml": BUF_YAML })) {
      mkdirSync(dirname(join(root, MODULE, path)), { recursive: true });
      writeFileSync(join(root, MODULE, path), text);
    }
    const buf = at("../../../node_modules/.bin/buf");
    // Where npm has the programs of packages.
    const bin = join(root, "bin");
    mkdirSync(bin);
    const program = `#!/bin/sh\nexec ${process.execPath} ${PLUGIN} "$@"\n`;
    writeFileSync(join(bin, "buf-plugin-ameide"), program, { mode: 0o755 });
    const env = { ...process.env, PATH: [bin, process.env["PATH"]].join(delimiter) };
    const options = { cwd: root, env, encoding: "utf8" } as const;
    const { status, stdout, stderr } = spawnSync(buf, ["lint", ...more], options);
    if (stderr !== "" || (status !== 0 && status !== 100)) {
      throw new Error(`buf lint ended with ${status}: ${stderr}`);
    }
    return stdout;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const BUF_YAML = JSON.stringify({
  version: "v2",
  modules: [{ path: MODULE }],
  lint: { use: ["AMEIDE"] },
  plugins: [{ plugin: "buf-plugin-ameide" }],
});

function at(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
