// @ts-check

const PAGE = "docs/glossary.md";

const PROSE = /\.(md|ts|mjs|js|proto|ya?ml|json|py|go)$/;

/** @type {import("./tree.mjs").Check} */
export const glossary = {
  name: "glossary",
  about: `every word of ${PAGE} is defined once, and used elsewhere`,
  run({ files, read, isGenerated }) {
    if (!files.includes(PAGE)) {
      return { problems: [`there is no ${PAGE}`] };
    }
    const words = wordsOf(read(PAGE));
    const open = new Set(words);
    for (const file of files) {
      if (file === PAGE || !PROSE.test(file) || isGenerated(file) || open.size === 0) {
        continue;
      }
      // Lines are wrapped between the words of a name, also in comments.
      const text = read(file).replaceAll(/\s+(?:[*#]|\/\/)?\s*/g, " ");
      for (const word of open) {
        if (use(word).test(text)) {
          open.delete(word);
        }
      }
    }
    const twice = words.filter((word, index) => words.indexOf(word) !== index);
    return {
      problems: [
        ...(words.length === 0 ? [`${PAGE}: saw no word`] : []),
        ...twice.map((word) => `${PAGE}: ${word} is there twice`),
        ...[...open].map((word) => `${PAGE}: nothing uses ${word} any more`),
      ],
      note: `${words.length} words`,
    };
  },
};

/** @param {string} text */
function wordsOf(text) {
  return [...text.matchAll(/^\| ([^|]+?) \| [^|]+\|$/gm)]
    .flatMap(([, cell = ""]) => cell.split(", "))
    .filter((word) => word !== "word" && !/^-+$/.test(word));
}

/** @param {string} word */
function use(word) {
  return new RegExp(
    `(?<![\\w-])${word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}s?(?![\\w-])`,
    "i",
  );
}
