// @ts-check

const TEST = /\.(test|spec)\.[cm]?[jt]sx?$/;

const GENERATED = /^(\/\/|#|\/\*)\s.*(@generated|\bDO NOT EDIT\b)/m;

/** Folders that may contain generated code. */
const GENERATED_PLACES = ["packages/core-proto/", "packages/conformance-proto/"];

/** @type {import("./tree.mjs").Check} */
export const places = {
  name: "places",
  about: "tests lie in test/ of their package, where lanes look; generated code in core-proto",
  run({ files, read, packages }) {
    const tests = files.filter((file) => TEST.test(file));
    const directories = packages().map(({ directory }) => directory);
    const problems = tests
      .filter((file) => !inTestFolder(file, directories))
      .map((file) => `${file}: is not in test/ of a package, so no lane runs it`);
    problems.push(
      ...files
        .filter((file) => /\.([cm]?[jt]s|go|pyi?)$/.test(file))
        .filter((file) => !GENERATED_PLACES.some((place) => file.startsWith(place)))
        .filter((file) => GENERATED.test(read(file).split("\n", 5).join("\n")))
        .map((file) => `${file}: says that it is generated, but lies outside of core-proto`),
    );
    if (tests.length === 0) {
      problems.push("saw no test");
    }
    return { problems, note: `${tests.length} files of tests` };
  },
};

/**
 * @param {string} file
 * @param {string[]} directories Of the packages; one may lie in another.
 */
function inTestFolder(file, directories) {
  const around = directories.filter((directory) => file.startsWith(`${directory}/`));
  const own = around.reduce((best, each) => (each.length > best.length ? each : best), "");
  return own !== "" && file.startsWith(`${own}/test/`);
}
