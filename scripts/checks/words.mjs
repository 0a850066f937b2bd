// @ts-check

// Spelled so that this file does not hold what it looks for.
const MACHINE_DIRECTORIES = ["work", "farm", "root"].join("|");

const MACHINE_PATH = new RegExp(
  `(^|[^A-Za-z0-9_])/(${MACHINE_DIRECTORIES})/|${String.raw`/tmp/bash\x5fjobs`}`,
);

const REGISTRY_HOST = new RegExp(
  [
    String.raw`registry\.npmjs\.org`,
    String.raw`(proxy|sum)\.golang\.org`,
    String.raw`files\.pythonhosted`,
    String.raw`//pypi\.org`,
    String.raw`index\.crates\.io`,
    String.raw`repo1\.maven`,
    String.raw`deb\.debian\.org`,
  ].join("|"),
);

const LOCK_FILE = /(lock[^/]*|\.sum|requirements[^/]*)$/;

const LOCK_ADDRESS = /https?:\/\/[a-z0-9.-]*(npm|pypi|pythonhosted|golang|crates)[a-z0-9.-]*\//i;

/** @type {import("./tree.mjs").Check} */
export const words = {
  name: "words",
  about: "no path of one machine and no host of a package registry in any file",
  run({ files, read }) {
    const problems = files.flatMap((file) => leaks(file, read(file)));
    return { problems: files.length === 0 ? ["saw no file"] : problems };
  },
};

/**
 * The lines of a file that name a path of one machine or the host of a package registry.
 *
 * @param {string} file
 * @param {string} text
 * @returns {string[]} `file:line: why: the line`, binary files have none.
 */
export function leaks(file, text) {
  if (text.includes("\0")) return [];
  return text.split("\n").flatMap((line, index) => {
    const why = reason(file, line);
    return why === undefined ? [] : [`${file}:${index + 1}: ${why}: ${line.trim().slice(0, 120)}`];
  });
}

/**
 * @param {string} file
 * @param {string} line
 */
function reason(file, line) {
  if (MACHINE_PATH.test(line)) return "path of one machine";
  if (REGISTRY_HOST.test(line)) return "host of a package registry";
  if (LOCK_FILE.test(file) && LOCK_ADDRESS.test(line)) return "registry address in a lock file";
  return undefined;
}
