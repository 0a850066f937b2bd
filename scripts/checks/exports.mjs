// @ts-check

const SOURCE = /\.[cm]?[jt]sx?$/;

const REPORT = /\.api\.md$/;

const PYTHON_REPORT = /^packages\/sdk-[^/]+\/api\/[^/]+\.txt$/;

/** The same in Python, where it may be given by position: before a `*`. */
const PYTHON_POSITIONAL = /\bdef \w+\([^*]*\b\w+: bool\b/;

/** A parameter between others, not a property: `(a: boolean)`, `, b?: boolean,`. */
const POSITIONAL = /[(,]\s*(\w+)\??:\s*boolean\s*[,)]/;

/** @type {import("./tree.mjs").Check} */
export const exportsCheck = {
  name: "exports",
  about: "exports are named one by one, and no parameter of an entry is a boolean",
  run({ files, isGenerated, read }) {
    const sources = files.filter((file) => SOURCE.test(file) && !isGenerated(file));
    const reports = files.filter((file) => REPORT.test(file));
    const pythonReports = files.filter((file) => PYTHON_REPORT.test(file));
    const problems = [
      ...linesOf(sources, read, /^\s*export\s*\*/).map((at) => `${at}: name what it exports`),
      ...linesOf(reports, read, POSITIONAL).map((at) => `${at}: make it a property of options`),
      ...linesOf(pythonReports, read, PYTHON_POSITIONAL).map((at) => `${at}: make it keyword-only`),
    ];
    if (sources.length === 0) {
      problems.push("saw no source");
    }
    return { problems };
  },
};

/**
 * @param {string[]} files
 * @param {(file: string) => string} read
 * @param {RegExp} wrong
 * @returns {string[]} `file:line: the line`
 */
function linesOf(files, read, wrong) {
  return files.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) =>
        wrong.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 100)}`] : [],
      ),
  );
}
