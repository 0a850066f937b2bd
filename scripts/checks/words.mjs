// @ts-check

// Folders at the top of a disk that differ from machine to machine. Programs below /usr and /bin do
// not; and `/name/` at large is a path of a URL more often than one of a file.
const TOP_FOLDERS =
  "home|Users|root|tmp|private|var|mnt|media|Volumes|opt|srv|work|workspace|workspaces|builds";

const MACHINE_PATH = new RegExp(`(^|[^A-Za-z0-9_.*}-])/(${TOP_FOLDERS})/\\S`);

const DRIVE_PATH = /(^|[^A-Za-z0-9\\])[A-Z]:(\\{1,2}|\/)[\w.-]{2,}(\\{1,2}|\/)[\w.-]/;

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

/** Words whose American spelling the prose has; names of files and of anchors are no prose. */
const BRITISH = /(?<![\w/])(behaviours?(?!\.md|\w)|(honour|colour|favour|neighbour)\w*)/i;

const PROSE = /(\.md|\.proto|(^|\/)package\.json)$/;

const LOCK_FILE = /(lock[^/]*|\.sum|requirements[^/]*)$/;

const LOCK_ADDRESS = /https?:\/\/[a-z0-9.-]*(npm|pypi|pythonhosted|golang|crates)[a-z0-9.-]*\//i;

/** @type {import("./tree.mjs").Check} */
export const words = {
  name: "words",
  about:
    "no path of one machine, no host of a package registry in any file; American spelling in prose",
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
  if (text.includes("\0")) {
    return [];
  }
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
  if (MACHINE_PATH.test(line) || DRIVE_PATH.test(line)) {
    return "path of one machine";
  }
  if (REGISTRY_HOST.test(line)) {
    return "host of a package registry";
  }
  if (LOCK_FILE.test(file) && LOCK_ADDRESS.test(line)) {
    return "registry address in a lock file";
  }
  if (PROSE.test(file) && BRITISH.test(line)) {
    return "British spelling";
  }
  return undefined;
}
