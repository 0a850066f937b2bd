// @ts-check
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";

import { goVersion } from "../go_tools.mjs";
import { MissingTool } from "../missing_tool.mjs";
import { goFolders, goReports } from "./go_api.mjs";
import { pythonPackages, pythonReports } from "./python_api.mjs";

/** Where a package keeps its reports. */
export const REPORTS = "api";

/** @type {import("./tree.mjs").Check} */
export const apiReport = {
  name: "api-report",
  about:
    "what each entry declares is what its report says (update with: pnpm api), and has a docstring",
  async run(tree) {
    const unbuilt = await tree.build();
    if (unbuilt.length > 0) {
      return { problems: unbuilt };
    }
    const reported = reportedPackages(tree.packages());
    const made = reported.map(({ directory, manifest }) => {
      const folder = join(tree.root, directory);
      const reports = makeReports(folder, entriesOf(manifest));
      const where = (/** @type {string} */ problem) => `${directory}/${REPORTS}/${problem}`;
      return {
        different: differences(readReports(folder), reports).map(where),
        silent: [...reports].flatMap(([name, text]) => undocumented(name, text)).map(where),
      };
    });
    const others = [await goProblems(tree), await pythonProblems(tree)];
    const different = [...made, ...others].flatMap((each) => each.different);
    const problems = [
      ...made.flatMap(({ silent }) => silent),
      ...others.flatMap((each) => each.problems),
      ...different,
    ];
    if (reported.length === 0) {
      problems.push("saw no published entry");
    } else if (different.length > 0) {
      problems.push("where the change is wanted: pnpm api");
    }
    const notes = others.map(({ note }) => note).join("");
    return { problems, note: `${reported.length} packages${notes}` };
  },
};

/**
 * What is wrong with the reports of a language.
 *
 * @typedef {{ problems: string[], different: string[], note: string }} Comparison
 */

/**
 * @param {import("./tree.mjs").Tree} tree
 * @returns {Promise<Comparison>}
 */
async function goProblems({ root, files, ci }) {
  const folders = goFolders(files);
  return withTool(ci, async () => {
    const different = [];
    for (const directory of folders) {
      await goVersion(root);
      const folder = join(root, directory);
      const found = differences(readReports(folder, ".txt"), await goReports(folder));
      different.push(...found.map((problem) => `${directory}/${REPORTS}/${problem}`));
    }
    const note = folders.length === 0 ? "" : `, ${folders.length} Go modules`;
    return { problems: [], different, note };
  });
}

/**
 * @param {import("./tree.mjs").Tree} tree
 * @returns {Promise<Comparison>}
 */
async function pythonProblems({ root, files, ci }) {
  const packages = pythonPackages(files);
  return withTool(ci, async () => {
    const problems = [];
    const different = [];
    for (const { directory, name } of packages) {
      const folder = join(root, directory);
      const { reports, silent } = await pythonReports(folder, name);
      const found = differences(readReports(folder, ".txt"), reports);
      different.push(...found.map((problem) => `${directory}/${REPORTS}/${problem}`));
      problems.push(...silent.map((each) => `${directory}: ${each} has no docstring`));
    }
    const note = packages.length === 0 ? "" : `, ${packages.length} Python packages`;
    return { problems, different, note };
  });
}

/**
 * @param {boolean} ci
 * @param {() => Promise<Comparison>} compare
 * @returns {Promise<Comparison>} Where the language's tools are missing, that is a note; in CI it is a
 *   problem.
 */
async function withTool(ci, compare) {
  try {
    return await compare();
  } catch (error) {
    if (!(error instanceof MissingTool)) {
      throw error;
    }
    return ci
      ? { problems: [error.message], different: [], note: "" }
      : { problems: [], different: [], note: `; not compared: ${error.message}` };
  }
}

/**
 * The published packages whose declarations people write; generated ones follow from the protos.
 *
 * @param {import("../workspace.mjs").Package[]} packages
 */
export function reportedPackages(packages) {
  return packages.filter(
    ({ manifest }) => manifest.private !== true && entriesOf(manifest).length > 0,
  );
}

/**
 * The modules of dist that exports name, without ending; those for `require` declare the same.
 *
 * @param {import("../workspace.mjs").Manifest} manifest
 * @returns {string[]}
 */
export function entriesOf({ exports }) {
  /** @type {(entry: unknown) => string[]} */
  const targets = (entry) =>
    typeof entry === "string" ? [entry] : Object.values(Object(entry)).flatMap(targets);
  const names = targets(exports).map(
    (target) => /^\.\/dist\/(?!cjs\/)([^*]+)\.js$/.exec(target)?.[1] ?? "",
  );
  return [...new Set(names)].filter((name) => name !== "").toSorted();
}

/**
 * The report of each entry: all that can be reached from it, without the words about it.
 *
 * @param {string} folder Of the package, which is built.
 * @param {string[]} entries
 * @returns {Map<string, string>} Text by file name.
 * @throws {Error} When a declaration names what is not there.
 */
export function makeReports(folder, entries) {
  const made = mkdtempSync(join(tmpdir(), "ameide-api-"));
  try {
    const files = entries.map((entry) => join(folder, "dist", `${entry}.d.ts`));
    const configs = entries.map((entry, index) =>
      configOf({ folder, made, files, file: String(files[index]), name: nameOf(entry) }),
    );
    /** @type {CompilerState | undefined} */
    let compilerState;
    for (const config of configs) {
      compilerState ??= CompilerState.create(config, { additionalEntryPoints: files });
      const { succeeded } = Extractor.invoke(config, {
        compilerState,
        localBuild: true,
        messageCallback: (message) => void (message.handled = true),
      });
      if (!succeeded) {
        throw new Error(`${config.mainEntryPointFilePath}: API Extractor failed`);
      }
    }
    return readFolder(made, ".api.md");
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/**
 * The committed reports of a package.
 *
 * @param {string} folder
 * @param {string} [ending] Of their files. Default: those of TypeScript.
 * @returns {Map<string, string>}
 */
export function readReports(folder, ending = ".api.md") {
  const reports = join(folder, REPORTS);
  return existsSync(reports) ? readFolder(reports, ending) : new Map();
}

/**
 * @param {Map<string, string>} committed
 * @param {Map<string, string>} made
 * @returns {string[]} One line for each report, with the first line that differs.
 */
export function differences(committed, made) {
  const names = [...new Set([...committed.keys(), ...made.keys()])].toSorted();
  return names.flatMap((name) => {
    const [before, after] = [committed.get(name)?.split("\n"), made.get(name)?.split("\n")];
    if (before === undefined) {
      return [`${name}: is not there`];
    }
    if (after === undefined) {
      return [`${name}: no entry has this name`];
    }
    const index = after.findIndex((line, at) => line !== before[at]);
    if (index === -1 && after.length === before.length) {
      return [];
    }
    const line = index === -1 ? after.length : index;
    return [`${name}:${line + 1}: says ${quote(before[line])}, the build ${quote(after[line])}`];
  });
}

/**
 * What a report says to have no docstring: declarations, whether an entry exports them or only what
 * it exports needs them, and the members of exported classes.
 *
 * @param {string} name
 * @param {string} report
 * @returns {string[]} One line for each.
 */
export function undocumented(name, report) {
  const lines = report.split("\n");
  let inClass = false;
  return lines.flatMap((line, index) => {
    if (/^\S/.test(line)) {
      inClass = /^export (abstract )?class /.test(line);
    }
    const isSilent = line === "// @public (undocumented)" || (inClass && MEMBER.test(line));
    const what = `${name}:${index + 2}: ${quote(lines[index + 1])} has no docstring`;
    return isSilent ? [what] : [];
  });
}

const MEMBER = /^    \/\/ \(undocumented\)$/;

/** @param {string | undefined} line */
function quote(line) {
  return line === undefined ? "nothing" : `"${line.trim()}"`;
}

/** @param {string} entry */
function nameOf(entry) {
  return entry.replaceAll("/", "_");
}

/**
 * @param {string} folder
 * @param {string} ending
 */
function readFolder(folder, ending) {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return new Map(names.toSorted().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/**
 * @param {{ folder: string, made: string, files: string[], file: string, name: string }} given
 */
function configOf({ folder, made, files, file, name }) {
  // No types of Node.js: an entry that needs them could not be used without.
  const compilerOptions = {
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    module: "nodenext",
    skipLibCheck: true,
    strict: true,
    target: "es2022",
    types: [],
  };
  const silent = { default: { logLevel: /** @type {any} */ ("none") } };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: file,
      newlineKind: "lf",
      compiler: { overrideTsconfig: { compilerOptions, files } },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: name,
        reportFolder: made,
        reportTempFolder: join(made, "temp"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
  });
}
