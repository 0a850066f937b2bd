import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Outcome } from "../program/place.js";
import { environment, type Launch, type Launched } from "./launch.js";

const LONGEST_MS = 120_000;

/** No more than docs/runtimes/deno.md says; files are read by `require()`, and for TLS. */
const PERMISSIONS = ["--allow-net", "--allow-env", "--allow-read"];

/** Arguments before the program on a command line. */
const ARGUMENTS: Readonly<Record<"node" | "bun" | "deno", readonly string[]>> = {
  node: [],
  bun: ["run"],
  deno: ["run", "--quiet", "--no-prompt", ...PERMISSIONS, "--node-modules-dir=manual"],
};

/**
 * Runs a program on a runtime that has a command line.
 *
 * @throws Error with all it printed when it ends otherwise than well.
 */
export async function launchCommand(
  kind: "node" | "bun" | "deno",
  { program, entry, app, place, trusted }: Launch,
): Promise<Launched> {
  const authority = join(app.folder, `${place.name}.pem`);
  await writeFile(authority, trusted);
  const env = {
    RUNTIMES_PLACE: JSON.stringify(place),
    NODE_EXTRA_CA_CERTS: authority,
    DENO_CERT: authority,
  };
  const printed = await runModule(kind, { program, app, env, module: `program/${entry}.js` });
  const version = await run(program, ["--version"], { cwd: app.folder, env: environment({}) });
  return {
    version: /\d+\.\d+\.\d+/.exec(version.stdout)?.[0] ?? version.stdout.trim(),
    outcomes: JSON.parse(printed.trim().split("\n").at(-1) ?? "") as Outcome[],
  };
}

/**
 * Runs a module of the app, and returns its output.
 *
 * @throws Error with all its output if it fails.
 */
export async function runModule(
  kind: "node" | "bun" | "deno",
  {
    program,
    app,
    env,
    module,
  }: Pick<Launch, "program" | "app"> & {
    readonly env: Readonly<Record<string, string>>;
    /** Relative to the app. */
    readonly module: string;
  },
): Promise<string> {
  const { stdout } = await run(program, [...ARGUMENTS[kind], module], {
    cwd: app.folder,
    // A look for updates would leave the machine.
    env: environment({ ...env, DENO_NO_UPDATE_CHECK: "1" }),
  });
  return stdout;
}

/** Runs a program to its end, which must be a good one. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) {
        resolve({ stdout, stderr });
      } else {
        reject(new Error(`it ended with ${code ?? signal}:\n${stdout}${stderr}`));
      }
    });
  });
}
