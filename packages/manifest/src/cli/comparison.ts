import { join } from "node:path";
import process from "node:process";
import type { Manifest, Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { check, isGreen } from "../check/check.js";
import { readImage } from "../image.js";
import { textOf } from "../init/plan_file.js";
import { modulesOf } from "../modules.js";
import { readManifest, readSurface } from "../read.js";
import { toJsonReport } from "../report/json.js";
import { toSarif } from "../report/sarif.js";
import { type Locate, locateIn } from "../report/sources.js";
import { showTable } from "../report/table.js";
import { readBytes, readText } from "./files.js";

/** The files that say what has to exist, by their paths. */
export interface WantedFiles {
  readonly manifest: string;
  readonly base: string | undefined;
  /** The image that the manifest is of. */
  readonly image: string | undefined;
}

/** What has to exist. */
export interface Wanted {
  readonly path: string;
  readonly manifest: Manifest;
  readonly base: Manifest | undefined;
  readonly locate: Locate | undefined;
}

/** How a comparison is reported. */
export type Format = "table" | "json" | "sarif";

/**
 * Reads what has to exist.
 *
 * @throws UserError if a file is not what it has to be.
 */
export async function readWanted({ manifest, base, image }: WantedFiles): Promise<Wanted> {
  return {
    path: manifest,
    manifest: readManifest(await readText(manifest), manifest),
    base: base === undefined ? undefined : readManifest(await readText(base), base),
    locate: image === undefined ? undefined : await sourcesIn(image),
  };
}

/**
 * Reads surfaces.
 *
 * @throws UserError if a file is none.
 */
export async function readSurfaces(paths: readonly string[]): Promise<Surface[]> {
  return Promise.all(paths.map(async (path) => readSurface(await readText(path), path)));
}

/** Compares surfaces with what has to exist, and reports what was found. */
export function compared(
  { path, manifest, base, locate }: Wanted,
  surfaces: readonly Surface[],
  { format, incomplete }: { readonly format: Format; readonly incomplete: boolean },
): { readonly report: string; readonly green: boolean } {
  const verdict = { ...check(manifest, surfaces, base), incomplete };
  const report = {
    table: () => showTable(verdict),
    json: () => toJsonReport(verdict),
    sarif: () => toSarif(verdict.problems, path, locate),
  };
  return { report: report[format](), green: isGreen(verdict) };
}

async function sourcesIn(path: string): Promise<Locate> {
  const folder = process.cwd();
  const bufYaml = await textOf(join(folder, "buf.yaml"));
  return locateIn(readImage(await readBytes(path), path), folder, modulesOf(bufYaml ?? ""));
}
