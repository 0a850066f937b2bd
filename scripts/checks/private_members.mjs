// @ts-check
import { parseScript, walk } from "./specifiers.mjs";

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * One way to say private, and the one that parameters of a constructor take, too. JavaScript has no
 * such keyword, so `.mjs` files are left out.
 *
 * @type {import("./tree.mjs").Check}
 */
export const privateMembers = {
  name: "private-members",
  about: "members of a class in TypeScript are private by keyword, none is a #private name",
  run({ files, isGenerated, read }) {
    const ours = files.filter((file) => TYPESCRIPT.test(file) && !isGenerated(file));
    const problems = ours.flatMap((file) => privateNames(file, read(file)));
    return {
      problems: ours.length === 0 ? ["saw no TypeScript"] : problems,
      note: `${ours.length} files`,
    };
  },
};

/**
 * Declarations of `#private` members.
 *
 * @param {string} file
 * @param {string} text
 * @returns {string[]} `file:line: what to write instead`
 */
export function privateNames(file, text) {
  /** @type {string[]} */
  const found = [];
  if (!text.includes("#")) {
    return found;
  }
  walk(parseScript(file, text), ({ key }) => {
    if (key?.type === "PrivateIdentifier") {
      const line = text.slice(0, key.start).split("\n").length;
      found.push(`${file}:${line}: write "private ${key.name}" instead of "#${key.name}"`);
    }
  });
  return found;
}
