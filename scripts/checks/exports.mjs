// @ts-check

const SOURCE = /\.[cm]?[jt]sx?$/;

const REPORT = /\.api\.md$/;

/** A parameter between others, not a property: `(a: boolean)`, `, b?: boolean,`. */
const POSITIONAL = /[(,]\s*(\w+)\??:\s*boolean\s*[,)]/;

/** @type {import("./tree.mjs").Check} */
export const exportsCheck = {
  name: "exports",
  about: "exports are named one by one, and no parameter of an entry is a boolean",
  run({ files, isGenerated, read }) {
    const sources = files.filter((file) => SOURCE.test(file) && !isGenerated(file));
    const reports = files.filter((file) => REPORT.test(file));
    const problems = [
      ...linesOf(sources, read, /^\s*export\s*\*/).map((at) => `${at}: name what it exports`),
      ...linesOf(reports, read, POSITIONAL).map((at) => `${at}: make it a property of options`),
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
