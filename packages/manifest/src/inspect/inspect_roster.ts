import { readdir, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import process from "node:process";
import type { Inspection } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { runTool } from "../run_tool.js";
import type { Sdk } from "../sdks.js";
import { readInspection } from "./inspection.js";
import { withTemporaryFolder } from "./temporary_folder.js";

/** Where the inspectors of the languages are. */
export interface Inspectors {
  /** The program of TypeScript. */
  readonly typescript: string;
  /** The folder of Go's sources. */
  readonly go: string;
  /** The folder of Python's sources. */
  readonly python: string;
}

/** A roster that protoc-gen-ameide wrote into a project, over an SDK that the project depends on. */
export interface ProjectRoster {
  /** Folder of the project: in Go that of its go.mod, in Python one from which it is imported. */
  readonly folder: string;
  /** Path of the module in TypeScript, relative to the folder, import path in Go and Python. */
  readonly roster: string;
}

/**
 * Looks at a roster of a project, and the stubs beside it, in a process of its own. Nothing is written
 * into the project.
 *
 * @throws MissingTool if the language is not installed.
 * @throws UserError with what its tools say, if they fail.
 */
export async function inspectRoster(
  sdk: Sdk,
  { folder, roster }: ProjectRoster,
  inspectors: Inspectors,
): Promise<Inspection> {
  const cwd = resolve(folder);
  switch (sdk) {
    case "ts":
      return told(sdk, [process.execPath, inspectors.typescript, cwd, roster], cwd);
    case "go":
      return withOverlay({ cwd, roster, sources: inspectors.go }, (overlay, program) =>
        told(sdk, ["go", "run", `-overlay=${overlay}`, program], cwd),
      );
    case "python":
      return told(sdk, ["python3", join(inspectors.python, "roster_inspector.py"), roster], cwd);
  }
}

const INSTALL: Readonly<Record<Sdk, string>> = {
  ts: "install Node.js",
  go: "install Go 1.26 or newer",
  python: "install Python 3.11 or newer, or activate the environment that has the SDK",
};

async function told(
  sdk: Sdk,
  command: readonly [string, ...string[]],
  cwd: string,
): Promise<Inspection> {
  // What the inspector says is the error; Node.js warns beside it.
  const env = { NODE_NO_WARNINGS: "1" };
  return readInspection(await runTool(command, { cwd, env, install: INSTALL[sdk] }));
}

/**
 * Puts the inspector's sources into a folder of the module that is not there, by an overlay: a program
 * is built with the packages of the module that it lies in.
 */
function withOverlay<T>(
  { cwd, roster, sources }: { readonly cwd: string; readonly roster: string; sources: string },
  use: (overlay: string, program: string) => Promise<T>,
): Promise<T> {
  return withTemporaryFolder(async (temporary) => {
    const main = join(temporary, "main.go");
    await writeFile(main, mainOf(roster, await stubsBeside(roster, cwd)));
    const files = (await readdir(sources)).filter((name) => /(?<!_test)\.go$/.test(name));
    const place = join(cwd, "ameide_manifest_inspector");
    const replaced = files.map((name) => [
      join(place, name),
      name === "main.go" ? main : join(sources, name),
    ]);
    const overlay = join(temporary, "overlay.json");
    await writeFile(overlay, JSON.stringify({ Replace: Object.fromEntries(replaced) as object }));
    return use(overlay, `./${relative(cwd, place)}`);
  });
}

// Only what is linked is registered, and so seen.
async function stubsBeside(roster: string, cwd: string): Promise<string[]> {
  const beside = roster.replace(/\/?[^/]*$/, "/...");
  const format = '{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}}{{end}}';
  const listed = await runTool(["go", "list", "-f", format, beside], {
    cwd,
    install: INSTALL.go,
  });
  return listed.split("\n").filter((path) => path !== "" && path !== roster);
}

function mainOf(roster: string, stubs: readonly string[]): string {
  return `package main

import (
	"github.com/ameideio/ameide-sdk-go"

	roster ${JSON.stringify(roster)}
${stubs.map((path) => `\t_ ${JSON.stringify(path)}\n`).join("")})

func main() {
	inspect("roster.New", func(transport *ameide.Transport) any { return ameide.NewClient(transport, roster.New) })
}
`;
}
