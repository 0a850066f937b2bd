// @ts-check
import { basename } from "node:path/posix";

import { parse } from "yaml";

import { isTest } from "./layers.mjs";

const PAGE = "docs/stems.yaml";

/**
 * @typedef {object} Stems
 * @property {Record<string, Language>} languages
 * @property {Record<string, string>} reasons Name to text.
 * @property {Record<string, { folders: Record<string, string>, stems: Record<string, Row> }>} trees
 *
 * @typedef {{ ends: string, flat?: boolean, without?: string[] }} Language
 * @typedef {Record<string, string>} Row A language to `yes`, `planned`, or the name of a reason.
 */

/** @type {import("./tree.mjs").Check} */
export const stems = {
  name: "stems",
  about: `the files of each SDK are those that ${PAGE} lists`,
  run({ files, read }) {
    if (!files.includes(PAGE)) {
      return { problems: [`there is no ${PAGE}`] };
    }
    /** @type {Stems} */
    const { languages, reasons, trees } = parse(read(PAGE));
    const folders = Object.values(trees).flatMap(({ folders: each }) => Object.values(each));
    const used = new Set();
    const problems = Object.entries(trees).flatMap(([tree, { folders: places, stems: rows }]) => [
      ...Object.entries(rows).flatMap(([stem, row]) => {
        for (const state of Object.values(row)) {
          used.add(state);
        }
        return rowProblems(`${PAGE}: ${tree}: ${stem}`, row, Object.keys(languages), reasons);
      }),
      ...Object.entries(languages).flatMap(([name, language]) => {
        const place = places[name];
        if (place === undefined) {
          return [`${PAGE}: ${tree}: ${name} has no folder`];
        }
        const inner = folders.filter((folder) => folder.startsWith(`${place}/`));
        const present = files
          .filter((file) => file.startsWith(`${place}/`) && file.endsWith(language.ends))
          .filter((file) => !isTest(file) && !language.without?.includes(basename(file)))
          .filter((file) => !inner.some((other) => file.startsWith(`${other}/`)));
        return treeProblems(present, { place, name, language, rows });
      }),
    ]);
    const idle = Object.keys(reasons).filter((reason) => !used.has(reason));
    return {
      problems: [...problems, ...idle.map((reason) => `${PAGE}: no stem has the reason ${reason}`)],
      note: `${Object.values(trees).flatMap(({ stems: rows }) => Object.keys(rows)).length} stems`,
    };
  },
};

/**
 * @param {string} where
 * @param {Row} row
 * @param {string[]} languages
 * @param {Record<string, string>} reasons
 */
function rowProblems(where, row, languages, reasons) {
  const known = ["yes", "planned", ...Object.keys(reasons)];
  return [
    ...languages
      .filter((name) => row[name] === undefined)
      .map((name) => `${where}: no word on ${name}`),
    ...Object.entries(row).flatMap(([name, state]) => [
      ...(languages.includes(name) ? [] : [`${where}: ${name} is no language`]),
      ...(known.includes(state) ? [] : [`${where}: ${name}: there is no reason "${state}"`]),
    ]),
  ];
}

/**
 * @param {string[]} files Those of one language in one tree.
 * @param {{ place: string, name: string, language: Language, rows: Record<string, Row> }} column
 */
function treeProblems(files, { place, name, language, rows }) {
  /** @type {Set<string>} */
  const met = new Set();
  const problems = [];
  for (const file of files) {
    const path = file.slice(place.length + 1, -language.ends.length);
    const line = lineOf(path, rows, language);
    if (line === undefined) {
      problems.push(`${file}: ${PAGE} has no line for ${path}`);
    } else if (rows[line]?.[name] !== "yes") {
      problems.push(`${file}: is there, so ${PAGE} has to say "${name}: yes" of ${line}`);
    } else {
      met.add(line);
    }
  }
  const gone = Object.keys(rows).filter((key) => rows[key]?.[name] === "yes" && !met.has(key));
  return [
    ...problems,
    ...gone.map(
      (key) =>
        `${PAGE}: ${key}: no file ${place}/${key}${key.endsWith("/") ? "*" : ""}${language.ends}`,
    ),
  ];
}

/**
 * The line of a file: by its path, without the underscores of what is private in Python; where the
 * language is flat, else by its name.
 *
 * @param {string} path Without what the file ends with.
 * @param {Record<string, Row>} rows
 * @param {Language} language
 */
function lineOf(path, rows, { flat = false }) {
  const lines = Object.keys(rows);
  const stem = path.replaceAll(/(^|\/)_+/g, "$1");
  const name = stem.slice(stem.lastIndexOf("/") + 1);
  return (
    lines.find((line) => line === stem || (line.endsWith("/") && stem.startsWith(line))) ??
    (flat ? lines.find((line) => line.slice(line.lastIndexOf("/") + 1) === name) : undefined)
  );
}
