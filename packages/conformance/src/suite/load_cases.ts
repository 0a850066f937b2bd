import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type LoadedCase, type LoadProblem, loadFile } from "./load_file.js";

/** Cases from a folder, and all its problems. */
export interface LoadedCases {
  readonly cases: readonly LoadedCase[];
  readonly problems: readonly LoadProblem[];
}

/**
 * Reads every `.yaml` below the given folders, sorted by path. Names have to be unique over all of
 * them. A file named `known_failing.yaml` is not a case.
 *
 * @throws Error if a folder cannot be read.
 */
export function loadCases(folders: readonly string[]): LoadedCases {
  const cases: LoadedCase[] = [];
  const problems: LoadProblem[] = [];
  for (const folder of folders) {
    for (const path of yamlFiles(folder)) {
      const file = displayName(path);
      const area = areaOf(folder, path);
      const loaded = loadFile(readFileSync(path, "utf8"), { file, area });
      cases.push(...loaded.cases);
      problems.push(...loaded.problems);
    }
  }
  return { cases, problems: [...problems, ...repeatedNames(cases)] };
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .filter((entry) => entry.name !== "known_failing.yaml")
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

// A case in the given folder itself belongs to the area of that folder's name.
function areaOf(folder: string, path: string): string {
  const [first] = relative(folder, dirname(path)).split(/[\\/]/);
  return first === undefined || first === "" ? basename(resolve(folder)) : first;
}

function displayName(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}

function repeatedNames(cases: readonly LoadedCase[]): LoadProblem[] {
  const first = new Map<string, LoadedCase>();
  return cases.flatMap((one) => {
    const before = first.get(one.name);
    if (before === undefined) {
      first.set(one.name, one);
      return [];
    }
    const problem = `the name ${JSON.stringify(one.name)} stands in ${before.file}:${before.line}, too`;
    return [{ file: one.file, line: one.line, path: "", problem }];
  });
}
