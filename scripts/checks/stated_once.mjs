// @ts-check

const CASE_FILE = /^packages\/conformance\/cases\/.*\/([a-z]\d{2,3})_[^/]*\.yaml$/;

/** Tests of an SDK in any language, but for those of its adapter. */
const SDK_TEST =
  /^packages\/sdk(-\w+)?\/(?!conformance\/)(.*\/)?([^/]*(\.test\.ts|_test\.go)|test_[^/]*\.py)$/;

const TEXT = /(["'`])((?:\\.|(?!\1)[^\\])*)\1/g;

/** An id, but no escape of a byte (`\x02`). */
const ID = /(?<![\w\\-])[a-z]\d{2,3}(?![\w-])/g;

/** @type {import("./tree.mjs").Check} */
export const statedOnce = {
  name: "stated-once",
  about: "no test of an SDK, in any language, bears the id of a case (a copy without an id passes)",
  run({ files, read }) {
    const ids = new Set(files.flatMap((file) => CASE_FILE.exec(file)?.[1] ?? []));
    const tests = files.filter((file) => SDK_TEST.test(file));
    if (ids.size === 0) {
      return { problems: ["saw no case"] };
    }
    if (tests.length === 0) {
      return { problems: ["saw no test of an SDK"] };
    }
    return { problems: tests.flatMap((file) => copies(file, read(file), ids)) };
  },
};

/**
 * The texts of a test, titles above all, that name a case.
 *
 * @param {string} file
 * @param {string} text
 * @param {ReadonlySet<string>} ids
 * @returns {string[]} `file:line: "the text"`, with what to do.
 */
export function copies(file, text, ids) {
  return text
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(TEXT)].flatMap(([, , said = ""]) =>
        (said.match(ID) ?? [])
          .filter((id) => ids.has(id))
          .map(
            (id) =>
              `${file}:${index + 1}: "${said.slice(0, 80)}": ${id} is a case of the suite; delete the test, or name what no case says`,
          ),
      ),
    );
}
