// @ts-check
import { run } from "../command.mjs";
import { verdictOf } from "./tree.mjs";

/** @type {import("./tree.mjs").Check} */
export const format = {
  name: "format",
  about: "oxfmt: our code and data files are formatted (mend with: pnpm format)",
  async run({ root }) {
    return verdictOf(await run("oxfmt", ["--list-different", "."], { cwd: root }));
  },
};
