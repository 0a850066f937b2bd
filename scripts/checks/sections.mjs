// @ts-check
import { linkedPages } from "./docs.mjs";

const PAGE = "docs/behaviour.md";

const CASE_FILE = /^packages\/conformance\/cases\/([^/]+)\/.*\.yaml$/;

const CITED = /§\s?(\d+(?:\.\d+)*)/g;

/** @type {import("./tree.mjs").Check} */
export const sections = {
  name: "sections",
  about: `the sections of ${PAGE} are numbered, those that are cited exist, and each has its cases`,
  run(tree) {
    if (!tree.files.includes(PAGE)) {
      return { problems: [`there is no ${PAGE}`] };
    }
    const table = contentsOf(tree.read(PAGE));
    const pages = [PAGE, ...linkedPages(PAGE, table.map(({ text }) => text).join("\n"))];
    const headings = pages.flatMap((page) =>
      tree.files.includes(page) ? headingsOf(page, tree.read(page)) : [],
    );
    const numbers = new Set(headings.flatMap(({ number }) => number ?? []));
    const cited = tree.files
      // Tests of checks plant citations.
      .filter((file) => !tree.isGenerated(file) && !file.startsWith("scripts/test/"))
      .flatMap((file) => citationsOf(file, tree.read(file)));
    return {
      problems: [
        ...numbering(headings),
        ...contentProblems(table, numbers),
        ...caseProblems(table, tree.files),
        ...cited
          .filter(({ number }) => !numbers.has(number))
          .map(({ where, number }) => `${where}: there is no §${number}`),
        ...(cited.length === 0 ? ["saw no citation"] : []),
      ],
      note: `${numbers.size} sections, cited ${cited.length} times`,
    };
  },
};

/**
 * The rows of the table of contents: the number of a section, and the folders of its cases.
 *
 * @param {string} text
 */
function contentsOf(text) {
  return [...text.matchAll(/^\| (\d+) (\[.*?) \| (.*?) ?\|$/gm)].map(
    ([, number = "", link = "", folders = ""]) => ({
      number,
      text: link,
      folders: folders.split(", ").filter((folder) => folder !== ""),
    }),
  );
}

/**
 * @param {string} page
 * @param {string} text
 * @returns {{ where: string, number: string | undefined }[]} The headings, but for titles of pages
 *   that are no section.
 */
function headingsOf(page, text) {
  return text.split("\n").flatMap((line, index) => {
    const match = /^(#+) (?:(\d+(?:\.\d+)*) )?/.exec(line);
    if (match === null || (match[1] === "#" && match[2] === undefined)) {
      return [];
    }
    return [{ where: `${page}:${index + 1}`, number: match[2] }];
  });
}

/**
 * Each section follows the one before it, over all pages. A section that is a page of its own has
 * its number in both.
 *
 * @param {{ where: string, number: string | undefined }[]} headings
 */
function numbering(headings) {
  const problems = headings
    .filter(({ number }) => number === undefined)
    .map(({ where }) => `${where}: the heading has no number`);
  const known = new Set(headings.map(({ number }) => number));
  const seen = new Set();
  for (const { where, number } of headings) {
    if (number === undefined) {
      continue;
    }
    const parts = number.split(".");
    const last = Number(parts.pop());
    const before = [...parts, last - 1].join(".");
    if (last > 1 && !known.has(before)) {
      problems.push(`${where}: §${number} without a §${before}`);
    }
    if (parts.length > 0 && seen.has(number)) {
      problems.push(`${where}: a second §${number}`);
    }
    seen.add(number);
  }
  return problems;
}

/**
 * @param {ReturnType<typeof contentsOf>} table
 * @param {ReadonlySet<string>} numbers
 */
function contentProblems(table, numbers) {
  const listed = new Set(table.map(({ number }) => number));
  return [...numbers]
    .filter((number) => !number.includes(".") && !listed.has(number))
    .map((number) => `${PAGE}: the table of sections lacks ${number}`);
}

/**
 * @param {ReturnType<typeof contentsOf>} table
 * @param {readonly string[]} files
 */
function caseProblems(table, files) {
  const folders = new Set(files.flatMap((file) => CASE_FILE.exec(file)?.[1] ?? []));
  const proved = new Set(table.flatMap((row) => row.folders));
  return [
    ...[...folders]
      .filter((folder) => !proved.has(folder))
      .map((folder) => `no section has the cases in ${folder}`),
    ...[...proved]
      .filter((folder) => !folders.has(folder))
      .map((folder) => `there are no cases in ${folder}`),
  ].map((problem) => `${PAGE}: ${problem}`);
}

/**
 * @param {string} file
 * @param {string} text
 */
function citationsOf(file, text) {
  if (text.includes("\0")) {
    return [];
  }
  return text.split("\n").flatMap((line, index) =>
    [...line.matchAll(CITED)].map(([, number = ""]) => ({
      where: `${file}:${index + 1}`,
      number,
    })),
  );
}
