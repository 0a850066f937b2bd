import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { runCli } from "../../src/cli/cli.js";
import { WORKSPACE_COMMANDS } from "../../src/cli/workspace_commands.js";

/** What a run of the program gave. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in this process. */
export async function run(...argv: string[]): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const code = await runCli(WORKSPACE_COMMANDS, argv, {
    out: (text) => void (stdout += text),
    line: (text) => void (stderr += `${text}\n`),
  });
  return { code, stdout, stderr };
}

/** Makes a folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "manifest-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file that is gone after the test, and returns its path. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}
